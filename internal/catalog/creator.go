package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// creator makes one table.
type creator struct {
	*maker
	table *schema.Table
	// deferral is what the table is made without.
	deferral Deferral
}

func (c *creator) create(ctx context.Context) (changes []string, err error) {
	adapted, a, err := c.adapted(ctx)
	if err != nil {
		return nil, err
	}
	bare, err := c.bare(ctx, adapted)
	if err != nil {
		return nil, err
	}
	if bare != "" {
		changes, err := c.run(ctx, a, bare)
		if err == nil || isConnection(err) {
			return changes, err
		}
		// Something needs an index after all.
		if err := c.undefer(ctx); err != nil {
			return nil, err
		}
	}
	return c.run(ctx, a, adapted)
}

// adapted returns the statement for the target.
func (c *creator) adapted(ctx context.Context) (string, *adaptation, error) {
	a := &adaptation{table: c.table, utf8mb3: utf8mb3(c.version)}
	statement, err := c.statement(ctx, a)
	if err != nil {
		return "", nil, err
	}
	if a.defaults, err = c.defaults(ctx); err != nil {
		return "", nil, err
	}
	adapted, changes, err := a.adapt(statement)
	a.adapted = changes
	return adapted, a, err
}

// run makes the table by a statement for the target, or by what that becomes
// when the target does not take it.
func (c *creator) run(ctx context.Context, a *adaptation, adapted string) (changes []string, err error) {
	changes = a.adapted
	conn, err := c.target.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// The session is not as others expect it, so it is not used again.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	for _, s := range []string{"USE " + schema.Quote(c.table.Schema), "SET SESSION foreign_key_checks=0"} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return nil, err
		}
	}
	first := execPatiently(ctx, conn, adapted)
	if first == nil || isConnection(first) {
		return changes, first
	}
	if isForeignKeyShape(first) {
		// Setting this takes a privilege that not everybody has.
		if _, err := conn.ExecContext(ctx, "SET SESSION restrict_fk_on_non_standard_key=OFF"); err == nil {
			if first = execPatiently(ctx, conn, adapted); first == nil {
				return changes, nil
			}
		}
		return nil, &hinted{first, "a foreign key refers to columns that are no unique key: set " +
			"restrict_fk_on_non_standard_key=OFF on the target, or make them one on the source"}
	}
	plain, more, err := a.withoutStorage(adapted)
	if err != nil || plain == "" {
		return nil, errors.Join(first, err)
	}
	if err := execPatiently(ctx, conn, plain); err != nil {
		return nil, errors.Join(first, err)
	}
	return append(changes, more...), nil
}

// statement returns the source's statement and notes the table's collation.
func (c *creator) statement(ctx context.Context, a *adaptation) (string, error) {
	var collation sql.NullString
	err := c.source.QueryRowContext(ctx, "SELECT TABLE_COLLATION FROM information_schema.TABLES "+
		"WHERE TABLE_SCHEMA=? AND TABLE_NAME=? AND BINARY TABLE_NAME=?",
		c.table.Schema, c.table.Table, c.table.Table).Scan(&collation)
	if err != nil {
		return "", fmt.Errorf("look at the table on the source: %w", err)
	}
	a.collation = collation.String
	var name, statement string
	err = c.source.QueryRowContext(ctx, "SHOW CREATE TABLE "+c.table.Quoted()).Scan(&name, &statement)
	if err != nil {
		return "", fmt.Errorf("show the table on the source: %w", err)
	}
	return statement, nil
}

// execPatiently tries again when tables that refer to each other are created
// at the same moment.
func execPatiently(ctx context.Context, conn *sql.Conn, statement string) error {
	const tries = 5
	for try := 1; ; try++ {
		_, err := conn.ExecContext(ctx, statement)
		if err == nil || try == tries || !mysqldb.IsRetryable(err) {
			return err
		}
	}
}

func isConnection(err error) bool {
	return mysqldb.IsLostConnection(err) || mysqldb.IsAccessDenied(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isForeignKeyShape recognises what 8.4 and later refuse by default.
func isForeignKeyShape(err error) bool {
	code, _ := mysqldb.Code(err)
	return code == 6125
}

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }
func (h *hinted) Hint() string  { return h.hint }
