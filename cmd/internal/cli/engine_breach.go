package cli

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"tandem/internal/schema"
	"tandem/replicate"
)

// lastBreach says what somebody has done last to a table on the side that does not
// own it: the row by its key, as its values are nobody's business here. db is where
// it is kept. It is empty where that can not be told.
func lastBreach(ctx context.Context, db *sql.DB, migration string, n schema.Name) string {
	var operation, gtid string
	var before, after, statement sql.NullString
	err := db.QueryRowContext(ctx, `SELECT operation, gtid, before_image, after_image, statement FROM _tandem.breach WHERE link IN (?, ?) AND table_name = ? ORDER BY id DESC LIMIT 1`,
		migration+"/"+string(replicate.Forward), migration+"/"+string(replicate.Reverse), n.String()).Scan(&operation, &gtid, &before, &after, &statement)
	switch {
	case err != nil:
		return ""
	case statement.Valid:
		verb, _, _ := strings.Cut(strings.TrimSpace(statement.String), " ")
		return fmt.Sprintf("%.20s on %s, in transaction %s", verb, n, gtid)
	}
	image := after.String
	if before.Valid {
		image = before.String // by the key that it had
	}
	return fmt.Sprintf("%s on %s, row %s, in transaction %s", operation, n, rowByKey(ctx, db, n, image), gtid)
}

// rowByKey names a row, whose image is a JSON object, by its primary key.
func rowByKey(ctx context.Context, db *sql.DB, n schema.Name, image string) string {
	var values map[string]*string
	if json.Unmarshal([]byte(image), &values) != nil {
		return "unknown"
	}
	return rowOf(ctx, db, n, values)
}

// rowOf names a row by its primary key.
func rowOf(ctx context.Context, db *sql.DB, n schema.Name, values map[string]*string) string {
	rows, err := db.QueryContext(ctx, `SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`, n.Schema, n.Table)
	if err != nil {
		return "unknown"
	}
	defer rows.Close()
	var parts []string
	for rows.Next() {
		var column string
		if rows.Scan(&column) == nil && values[column] != nil {
			parts = append(parts, fmt.Sprintf("%s=%.60s", column, *values[column]))
		}
	}
	if len(parts) == 0 {
		return "without a key"
	}
	return strings.Join(parts, ", ")
}
