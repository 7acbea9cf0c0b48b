package preflight

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tandem/internal/catalog"
)

// checkDefiners wants the accounts as which triggers, views, routines and events
// run to be on the target, too.
func checkDefiners(ctx context.Context, s *state) ([]Finding, error) {
	accounts, err := accountsOf(ctx, s.on(Target))
	if err != nil {
		return hidden(err)
	}
	all, err := catalog.Leftovers(ctx, s.Source, s.Tables)
	if err != nil {
		return nil, err
	}
	missing := map[string][]string{}
	for _, l := range all {
		if l.Definer != "" && !accounts[l.Definer] && !strings.HasPrefix(l.Name, ownPrefix) {
			missing[l.Definer] = append(missing[l.Definer], l.String())
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	var names, fixes []string
	for _, definer := range slices.Sorted(maps.Keys(missing)) {
		names = append(names, definer+" of "+list(missing[definer]))
		fixes = append(fixes, "CREATE USER "+account(definer)+" ACCOUNT LOCK")
	}
	return one(Warn, "triggers, views, routines and events run as accounts that the target does not have: after a handover they would run as tandem's user, or fail",
		list(names), list(fixes)+" on the target, with a password of its own and the privileges that they need; or map them in the plan")
}

// accountsOf lists the accounts of a server as user@host.
func accountsOf(ctx context.Context, v *server) (map[string]bool, error) {
	rows, err := v.db.QueryContext(ctx, "SELECT CONCAT(User, '@', Host) FROM mysql.user")
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer rows.Close()
	accounts := map[string]bool{}
	for rows.Next() {
		var a string
		if err := rows.Scan(&a); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		accounts[a] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return accounts, nil
}
