package preflight

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// How long a prepared XA transaction may take to end, and how often one looks.
const (
	xaEnds = 3 * time.Second
	xaLook = 200 * time.Millisecond
)

// checkXA refuses to begin beside prepared XA transactions: their rows are in the
// binlog before the position at which the stream begins, and their commit behind.
// Those that end in a moment belong to applications at work, on tables that are not
// replicated: on others the stream refuses them, with a word.
func checkXA(ctx context.Context, s *state) ([]Finding, error) {
	left, err := prepared(ctx, s.on(Source))
	if err != nil {
		return hidden(err)
	}
	look := time.NewTicker(xaLook)
	defer look.Stop()
	for until := time.Now().Add(xaEnds); len(left) > 0 && time.Now().Before(until); {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-look.C:
		}
		now, err := prepared(ctx, s.on(Source))
		if err != nil {
			return nil, err
		}
		left = slices.DeleteFunc(left, func(xid string) bool { return !slices.Contains(now, xid) })
	}
	if len(left) == 0 {
		return nil, nil
	}
	return one(Block, "XA transactions are prepared and neither committed nor rolled back: what they changed would be lost", list(left),
		"XA COMMIT or XA ROLLBACK each of them (XA RECOVER CONVERT XID lists them), and let applications use plain transactions on replicated tables")
}

// prepared lists the ids of prepared XA transactions.
func prepared(ctx context.Context, v *server) ([]string, error) {
	show := "XA RECOVER CONVERT XID"
	if !v.facts.Version.AtLeast(5, 7, 5) {
		show = "XA RECOVER"
	}
	rows, err := v.db.QueryContext(ctx, show)
	if err != nil {
		return nil, fmt.Errorf("list prepared XA transactions (GRANT XA_RECOVER_ADMIN ON *.* lets it): %w", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var format, gtrid, bqual int64
		var data string
		if err := rows.Scan(&format, &gtrid, &bqual, &data); err != nil {
			return nil, fmt.Errorf("list prepared XA transactions: %w", err)
		}
		names = append(names, data)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list prepared XA transactions: %w", err)
	}
	return names, nil
}
