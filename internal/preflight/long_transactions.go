package preflight

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// checkLongTransactions tells of transactions that have been open for long: they
// hold up fences, and snapshots of tables that are copied in one piece.
func checkLongTransactions(ctx context.Context, s *state) ([]Finding, error) {
	rows, err := s.Source.QueryContext(ctx, "SELECT t.trx_mysql_thread_id, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), p.USER "+
		"FROM information_schema.INNODB_TRX t LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id "+
		"WHERE t.trx_mysql_thread_id <> CONNECTION_ID() AND t.trx_mysql_thread_id <> 0 ORDER BY t.trx_started")
	if err != nil {
		return hidden(fmt.Errorf("list open transactions: %w", err))
	}
	defer rows.Close()
	var names []string
	fix := ""
	for rows.Next() {
		var id, seconds int64
		var user *string
		if err := rows.Scan(&id, &seconds, &user); err != nil {
			return nil, fmt.Errorf("list open transactions: %w", err)
		}
		if time.Duration(seconds)*time.Second < cmp.Or(s.LongTransaction, time.Minute).Truncate(time.Second) {
			continue
		}
		name := fmt.Sprintf("connection %d", id)
		if user != nil {
			name += " of " + *user
		}
		names = append(names, fmt.Sprintf("%s for %d s", name, seconds))
		if fix == "" {
			fix = fmt.Sprintf("end it in the application, or KILL %d", id)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list open transactions: %w", err)
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "transactions have been open for long: they hold up handovers, and tables that are copied in one piece", list(names), fix)
}
