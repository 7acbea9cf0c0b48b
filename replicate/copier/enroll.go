package copier

import (
	"context"
	"database/sql"
	"fmt"

	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// RequireEmpty makes sure that none of the tables has rows on the target; a
// table that is not there is empty. It changes nothing. A table with rows is a
// [*NotEmptyError].
func RequireEmpty(ctx context.Context, target *sql.DB, tables []*schema.Table) error {
	for _, t := range tables {
		if err := requireEmpty(ctx, target, t); err != nil {
			return err
		}
	}
	return nil
}

func requireEmpty(ctx context.Context, target *sql.DB, t *schema.Table) error {
	key := "1"
	space, keyed := chunk.Of(t)
	if keyed {
		key = string(space.AppendSelect(nil))
	}
	query := "SELECT " + key + " FROM " + t.Quoted() + " LIMIT 1"
	rows, err := target.QueryContext(ctx, query)
	if keyed && err != nil && !mysqldb.IsNoSuchTable(err) {
		// Another table of that name, without these columns.
		keyed = false
		rows, err = target.QueryContext(ctx, "SELECT 1 FROM "+t.Quoted()+" LIMIT 1")
	}
	if mysqldb.IsNoSuchTable(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into the target's %s: %w", t.Name, err)
	}
	defer rows.Close()
	if !rows.Next() {
		return rows.Err()
	}
	found := &NotEmptyError{Table: t.Name, Key: "one without a key"}
	if keyed {
		found.Key = scanKey(rows, space)
	}
	return found
}

// scanKey reads the key of the row at hand, for people.
func scanKey(rows *sql.Rows, space *chunk.Space) string {
	values := make([][]byte, len(space.Columns()))
	to := make([]any, len(values))
	for i := range values {
		to[i] = &values[i]
	}
	if err := rows.Scan(to...); err != nil {
		return "one that can not be shown"
	}
	return space.FormatKey(values)
}

// Enroll keeps which tables a link has to copy, in the transaction that begins
// the migration. Tables that appear later come by the stream.
func Enroll(ctx context.Context, tx *sql.Tx, link string, tables []*schema.Table) error {
	for _, t := range tables {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO _tandem.copy (link, table_schema, table_name, epoch, state) VALUES (?, ?, ?, 0, ?)`,
			link, t.Schema, t.Table, stateWaiting)
		if err != nil {
			return fmt.Errorf("enroll %s: %w", t.Name, err)
		}
	}
	return nil
}
