package courier

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// world is what every worker of a load knows about the database from its
// start. It does not change.
type world struct {
	shape     shape
	run       int // number of this run: unique in the database
	shipments int // seeded, ids 1 to this
	customers int // seeded, ids 0 to one below this
	accounts  int
	lockers   int
	positions int64
	depots    []string
	drivers   [][]byte // some
}

func readWorld(ctx context.Context, db *sql.DB) (*world, error) {
	w := &world{}
	var err error
	if w.shape, err = shapeOf(ctx, db); err != nil {
		return nil, err
	}
	var shipments string
	for _, q := range []struct {
		into *int
		sql  string
	}{
		{&w.accounts, "SELECT COUNT(*) FROM accounts"},
		{&w.lockers, "SELECT COUNT(*) FROM lockers"},
	} {
		if err := db.QueryRowContext(ctx, q.sql).Scan(q.into); err != nil {
			return nil, fmt.Errorf("%s: %w", q.sql, err)
		}
	}
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM positions").Scan(&w.positions); err != nil {
		return nil, fmt.Errorf("read last position: %w", err)
	}
	if err := db.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", settingShipments).Scan(&shipments); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if w.shipments, err = strconv.Atoi(shipments); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	w.customers = Size(w.shipments).counts().customers
	if w.depots, err = column[string](ctx, db, "SELECT code FROM depots ORDER BY code"); err != nil {
		return nil, err
	}
	// Only drivers with a payout are safe from the operation that retires
	// drivers, in this run and in others beside it.
	if w.drivers, err = column[[]byte](ctx, db, "SELECT DISTINCT driver_id FROM payouts ORDER BY driver_id LIMIT 1000"); err != nil {
		return nil, err
	}
	if len(w.depots) == 0 || len(w.drivers) == 0 || w.accounts < 2 || w.lockers < 2 {
		return nil, fmt.Errorf("the tables hold %d depots, %d drivers, %d accounts and %d lockers, too few", len(w.depots), len(w.drivers), w.accounts, w.lockers)
	}
	w.run, err = nextRun(ctx, db)
	return w, err
}

// nextRun draws the number of this run.
func nextRun(ctx context.Context, db *sql.DB) (run int, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("number the run: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if _, err := tx.ExecContext(ctx, "UPDATE counters SET value = value + 1 WHERE name = ?", counterRuns); err != nil {
		return 0, fmt.Errorf("number the run: %w", err)
	}
	if err := tx.QueryRowContext(ctx, "SELECT value FROM counters WHERE name = ?", counterRuns).Scan(&run); err != nil {
		return 0, fmt.Errorf("number the run: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("number the run: %w", err)
	}
	return run, nil
}

func column[T any](ctx context.Context, db *sql.DB, query string) ([]T, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	return all, nil
}
