package preflight

import (
	"context"
	"fmt"
)

// checkXA refuses to begin beside prepared XA transactions: their rows are in the
// binlog before the position at which the stream begins, and their commit behind.
func checkXA(ctx context.Context, s *state) ([]Finding, error) {
	rows, err := s.Source.QueryContext(ctx, "XA RECOVER CONVERT XID")
	if err != nil && !s.SourceFacts.Version.AtLeast(5, 7, 0) {
		rows, err = s.Source.QueryContext(ctx, "XA RECOVER")
	}
	if err != nil {
		return hidden(fmt.Errorf("list prepared XA transactions (GRANT XA_RECOVER_ADMIN ON *.* lets it): %w", err))
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
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "XA transactions are prepared and neither committed nor rolled back: tandem does not replicate such transactions", list(names),
		"XA COMMIT or XA ROLLBACK each of them, and let applications use plain transactions on replicated tables")
}
