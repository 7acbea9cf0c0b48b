package guard

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Outcome is what became of a write that was attempted.
type Outcome string

// The outcomes.
const (
	// Refused: a guard said no.
	Refused Outcome = "refused"
	// Waits: it waits, as behind a fence.
	Waits Outcome = "waits"
	// Passed: no guard was in its way.
	Passed Outcome = "passed"
	// Denied: the user may not write there at all, so no guard was asked.
	Denied Outcome = "denied"
)

// Is tells whether err is a guard's refusal.
func Is(err error) bool {
	code, ok := mysqldb.Code(err)
	return ok && code == Errno
}

// Prove attempts a write to a table, as the application's user whose pool it is
// given, and says what became of it. The write is an INSERT that is rolled back
// whatever happens; where it gets through it may use up a value of an
// AUTO_INCREMENT counter.
func Prove(ctx context.Context, app *sql.DB, table schema.Name) (o Outcome, err error) {
	fail := func(err error) error { return fmt.Errorf("try to write to %s: %w", table, err) }
	conn, err := app.Conn(ctx)
	if err != nil {
		return "", fail(err)
	}
	// Closing the connection rolls back.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	for _, set := range []string{
		// Old servers look for missing values before they ask triggers.
		"SET SESSION sql_mode='', innodb_lock_wait_timeout=1, lock_wait_timeout=1, foreign_key_checks=1",
		"SET @tandem=NULL",
		"START TRANSACTION",
	} {
		if _, err := conn.ExecContext(ctx, set); err != nil {
			return "", fail(err)
		}
	}
	_, err = conn.ExecContext(ctx, "INSERT INTO "+table.Quoted()+" () VALUES ()")
	_, answered := mysqldb.Code(err)
	switch {
	case Is(err):
		return Refused, nil
	case mysqldb.IsLockWait(err):
		return Waits, nil
	case mysqldb.IsAccessDenied(err):
		return Denied, nil
	case err != nil && (!answered || mysqldb.IsLostConnection(err) || mysqldb.IsNoSuchTable(err)):
		return "", fail(err)
	}
	// Whatever else is wrong with an empty row, guards come before it.
	return Passed, nil
}
