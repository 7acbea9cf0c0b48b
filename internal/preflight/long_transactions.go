package preflight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tandem/internal/mysqldb"
)

// checkLongTransactions tells of transactions that have been open for long: they
// hold up fences, and snapshots of tables that are copied in one piece.
func checkLongTransactions(ctx context.Context, s *state) ([]Finding, error) {
	open, err := mysqldb.OpenTransactions(ctx, s.Source)
	if err != nil {
		return hidden(err)
	}
	sessions, err := mysqldb.Processes(ctx, s.Source, false)
	if err != nil {
		return hidden(err)
	}
	slices.SortStableFunc(open, func(a, b mysqldb.OpenTransaction) int { return cmp.Compare(b.Age, a.Age) })
	var names []string
	fix := ""
	for _, t := range open {
		if t.Session == 0 || t.Age < cmp.Or(s.LongTransaction, time.Minute).Truncate(time.Second) {
			continue // those without a session are another check's
		}
		name := fmt.Sprintf("connection %d", t.Session)
		if i := slices.IndexFunc(sessions, func(p mysqldb.Process) bool { return p.ID == t.Session }); i >= 0 {
			name += " of " + sessions[i].User
		}
		names = append(names, fmt.Sprintf("%s for %d s", name, t.Age/time.Second))
		if fix == "" {
			fix = fmt.Sprintf("end it in the application, or KILL %d", t.Session)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "transactions have been open for long: they hold up handovers, and tables that are copied in one piece", list(names), fix)
}
