package fencing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Proof is what came of trying to write as the application's user.
type Proof struct {
	// LogIn is set if the server did not even let it in.
	LogIn bool
	// Tries is how many statements were refused, on Tables tables.
	Tries  int
	Tables int
	// Says is the server's refusal.
	Says string
}

// NotProvedError says that the application's user can write, or that nobody knows.
type NotProvedError struct {
	User string
	Why  string
	Err  error
}

// Error implements error.
func (e *NotProvedError) Error() string {
	s := fmt.Sprintf("the fence is not proved: as %s %s", e.User, e.Why)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *NotProvedError) Unwrap() error { return e.Err }

// LogIn tells whether the application's user is let in. It is asked before the
// fence goes up: behind it, a wrong password would look like a proof.
func LogIn(ctx context.Context, e mysqldb.Endpoint) error {
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	return db.Close()
}

// Prove tries to write every table as the user of e, the application's. Each way
// of writing must be refused: INSERT, UPDATE and DELETE, and each column on which
// there is a right. The statements concern no row, and are rolled back: should
// one be let through it changes nothing. (A statement without a row is refused
// for want of a right, and under read_only, before anybody looks for rows.)
//
// Being refused at the log-in counts; not reaching the server does not.
func Prove(ctx context.Context, e mysqldb.Endpoint, tables []schema.Name) (Proof, error) {
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1})
	if err != nil {
		if mysqldb.IsAccessDenied(err) {
			return Proof{LogIn: true, Says: serverSays(err)}, nil
		}
		return Proof{}, &NotProvedError{User: e.User, Why: "nothing could be tried", Err: err}
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return Proof{}, &NotProvedError{User: e.User, Why: "nothing could be tried", Err: err}
	}
	defer tx.Rollback()
	proof := Proof{Tables: len(tables)}
	for _, table := range tables {
		list, err := attempts(ctx, tx, table)
		if err != nil {
			return proof, &NotProvedError{User: e.User, Why: "the columns of " + table.String() + " can not be seen", Err: err}
		}
		for _, statement := range list {
			_, err := tx.ExecContext(ctx, statement)
			switch {
			case err == nil:
				return proof, &NotProvedError{User: e.User, Why: "the server let this through: " + statement}
			case mysqldb.IsAccessDenied(err), mysqldb.IsReadOnly(err):
				proof.Tries++
				proof.Says = serverSays(err)
			default:
				return proof, &NotProvedError{User: e.User, Why: "it can not be told whether this is refused: " + statement, Err: err}
			}
		}
	}
	if proof.Tries == 0 {
		return proof, &NotProvedError{User: e.User, Why: "there was no table to be tried"}
	}
	return proof, nil
}

// attempts are the statements to be tried on a table: each way of writing once,
// and each column that the user has a right on.
func attempts(ctx context.Context, tx *sql.Tx, table schema.Name) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT COLUMN_NAME, PRIVILEGES, EXTRA FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`, table.Schema, table.Table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []string{"DELETE FROM " + table.Quoted() + " WHERE FALSE"}
	insert := func(column string) string {
		return "INSERT INTO " + table.Quoted() + " (" + schema.Quote(column) + ") SELECT NULL FROM DUAL WHERE FALSE"
	}
	update := func(column string) string {
		return "UPDATE " + table.Quoted() + " SET " + schema.Quote(column) + " = NULL WHERE FALSE"
	}
	first := true
	for rows.Next() {
		var column, rights, extra string
		if err := rows.Scan(&column, &rights, &extra); err != nil {
			return nil, err
		}
		if strings.Contains(extra, "GENERATED") && !strings.Contains(extra, "DEFAULT_GENERATED") {
			continue // nobody can write it
		}
		if first || strings.Contains(rights, "insert") {
			list = append(list, insert(column))
		}
		if first || strings.Contains(rights, "update") {
			list = append(list, update(column))
		}
		first = false
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if first {
		// Without any right its columns are not shown. Any name will do: rights
		// come before names.
		list = append(list, insert("id"), update("id"))
	}
	return list, nil
}

// serverSays is the server's own text, without the wrapping.
func serverSays(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
