package bank

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Opening is what each account begins with.
const Opening = 1_000_000

// Create makes the tables in the database that db is connected to, and opens the
// accounts.
func Create(ctx context.Context, db *sql.DB, accounts int) error {
	for _, text := range []string{
		`CREATE TABLE accounts (id INT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL, opening BIGINT NOT NULL) ENGINE=InnoDB`,
		// Without a key on purpose: rows can only be told apart by all they hold.
		`CREATE TABLE ledger (writer INT NOT NULL, n BIGINT NOT NULL, debit INT NOT NULL, credit INT NOT NULL, amount BIGINT NOT NULL, side VARCHAR(16) NOT NULL) ENGINE=InnoDB`,
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("make the bank's tables: %w", err)
		}
	}
	const batch = 500
	for first := 0; first < accounts; first += batch {
		var rows []string
		for id := first; id < min(first+batch, accounts); id++ {
			rows = append(rows, fmt.Sprintf("(%d,%d,%[2]d)", id, Opening))
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO accounts VALUES "+strings.Join(rows, ",")); err != nil {
			return fmt.Errorf("open the accounts: %w", err)
		}
	}
	return nil
}
