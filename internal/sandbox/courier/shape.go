package courier

import (
	"context"
	"database/sql"
	"fmt"
)

// shape is what there is in a database that has been made. It is asked from
// the tables and not from the server's version: the tables may have come from
// an older server.
type shape struct {
	json      bool // documents are of the JSON type
	generated bool // there are generated columns
	ledger    bool // there is the table without a key
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func shapeOf(ctx context.Context, db querier) (s shape, err error) {
	err = db.QueryRowContext(ctx, `SELECT
		COALESCE(MAX(table_name = 'shipments' AND column_name = 'details' AND data_type = 'json'), 0),
		COALESCE(MAX(table_name = 'payouts' AND column_name = 'net'), 0),
		COALESCE(MAX(table_name = 'ledger'), 0)
		FROM information_schema.columns WHERE table_schema = DATABASE()`).Scan(&s.json, &s.generated, &s.ledger)
	if err != nil {
		return shape{}, fmt.Errorf("look at the columns: %w", err)
	}
	return s, nil
}
