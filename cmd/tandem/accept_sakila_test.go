package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestSakila moves MySQL's own sample database while customers rent films.
// TANDEM_SAKILA names the folder with sakila-schema.sql and sakila-data.sql.
func TestSakila(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("TANDEM_SAKILA")
	if folder == "" {
		t.Skip("skipped: set TANDEM_SAKILA to the folder with sakila-schema.sql and sakila-data.sql, which are not part of this repository")
	}
	pair := sandboxtest.Pair(t)
	for _, name := range []string{"sakila-schema.sql", "sakila-data.sql"} {
		loadFile(t, pair.Source, filepath.Join(folder, name))
	}
	m := newMigration(t, pair, []string{"sakila.*"}, "replicate: {copy: {workers: 2, chunk_bytes: 64KiB}}")
	db := sandboxtest.RootDB(t, pair.Source, "sakila")
	ctx, cancel := context.WithCancel(t.Context())
	var customers sync.WaitGroup
	rentals := make([]int, 2)
	for n := range rentals {
		customers.Go(func() { rentals[n] = rent(ctx, t, db, uint64(n)) })
	}
	m.catchUp()
	streaming := m.start("replicate").streams()
	for range 3 {
		sakilaDay(t, db)
	}
	cancel()
	customers.Wait()
	streaming.stop()
	m.catchUp()
	if rentals[0] == 0 || rentals[1] == 0 {
		t.Errorf("customers have rented %v films", rentals)
	}
	sandboxtest.RequireEqual(t, pair, "sakila")
}

func loadFile(t *testing.T, server *sandbox.Server, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// DELIMITER is a command of the program, which 9.x switches off by default
	// and does not understand in a binary session.
	command, err := server.Client(t.Context(), "--loose-commands", "--default-character-set=utf8mb4")
	if err != nil {
		t.Fatal(err)
	}
	command.Stdin = file
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("load %s: %v: %s", path, err, out)
	}
}

// rent lets one customer after the other rent, pay, bring back and regret, until
// ctx ends, and returns how often.
func rent(ctx context.Context, t *testing.T, db *sql.DB, seed uint64) int {
	random := rand.New(rand.NewPCG(seed, 2))
	rentals := 0
	for ctx.Err() == nil {
		err := rentOne(ctx, db, random)
		if mysqldb.IsDeadlock(err) || mysqldb.IsLockWait(err) {
			continue // as an application would
		}
		if err != nil && ctx.Err() == nil {
			t.Errorf("rent a film: %v", err)
			break
		}
		rentals++
	}
	return rentals
}

func rentOne(ctx context.Context, db *sql.DB, random *rand.Rand) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	customer, inventory := 1+random.IntN(599), 1+random.IntN(4581)
	result, err := tx.ExecContext(ctx, "INSERT IGNORE INTO rental (rental_date, inventory_id, customer_id, staff_id) VALUES (NOW(), ?, ?, 1)", inventory, customer)
	if err != nil {
		return err
	}
	rental, err := result.LastInsertId()
	if err != nil {
		return err
	}
	statements := []string{
		fmt.Sprintf("UPDATE customer SET active = 1 - active, email = UPPER(email) WHERE customer_id = %d", customer),
		fmt.Sprintf("UPDATE address SET district = REVERSE(district), location = ST_GeomFromText('POINT(%d %d)') WHERE address_id = %d", random.IntN(90), random.IntN(90), customer),
		fmt.Sprintf("UPDATE film SET rental_rate = rental_rate + 0.01, special_features = 'Trailers,Deleted Scenes' WHERE film_id = %d", 1+random.IntN(1000)),
		fmt.Sprintf("UPDATE rental SET return_date = NOW() WHERE rental_id = %d", 1+random.IntN(16000)),
		fmt.Sprintf("DELETE FROM payment WHERE payment_id = %d", 1+random.IntN(16000)),
	}
	if rental != 0 {
		statements = append(statements, fmt.Sprintf("INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date) VALUES (%d, 1, %d, %d.99, NOW())", customer, rental, random.IntN(9)))
	}
	// One order of locks for all, so that nobody waits for nobody.
	for _, statement := range statements {
		if random.IntN(3) == 0 {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if random.IntN(10) == 0 {
		return nil // rolled back
	}
	return tx.Commit()
}

// sakilaDay is what the owner does: new films (with the triggers that index
// their text), a film that goes, a new category.
func sakilaDay(t *testing.T, db *sql.DB) {
	t.Helper()
	for n := range 20 {
		sandboxtest.Exec(t, db,
			fmt.Sprintf("INSERT INTO film (title, description, language_id, release_year) VALUES ('NEW FILM %d', 'é 日本 %d', 1, 2024)", n, n),
			"INSERT INTO film_category (film_id, category_id) SELECT MAX(film_id), 1 FROM film",
			"UPDATE film SET description = CONCAT(description, ' again'), film_id = film_id + 1 WHERE title LIKE 'NEW%' ORDER BY film_id DESC LIMIT 1",
			"DELETE FROM film_category WHERE film_id > 1000 ORDER BY film_id LIMIT 1",
			"DELETE FROM film WHERE film_id > 1000 AND film_id NOT IN (SELECT film_id FROM film_category) LIMIT 1",
			"INSERT INTO staff (first_name, last_name, address_id, store_id, username, picture) VALUES ('A', 'B', 1, 1, 'ab', REPEAT(X'00FF', 5000))",
			"DELETE FROM staff WHERE staff_id > 2 LIMIT 1",
		)
	}
}
