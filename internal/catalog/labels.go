package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Doubtful tells whether a column's labels may be others than they look: where
// a server describes a table it writes ? for characters beyond the first 65536.
func Doubtful(c *schema.Column) bool {
	if c.Kind != schema.Enum && c.Kind != schema.Set {
		return false
	}
	switch c.Charset {
	case "utf8mb4", "utf16", "utf16le", "utf32", "gb18030":
		return slices.ContainsFunc(c.Members, func(m string) bool { return strings.Contains(m, "?") })
	}
	return false
}

// loadLabels reads the labels that are in doubt out of a temporary table with
// such a column, which is the only place that shows them as they are. Without
// the privilege to make one they stay as they were described.
func (l *loader) loadLabels(ctx context.Context) error {
	for _, t := range l.tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			if !Doubtful(c) {
				continue
			}
			labels, err := l.labelsOf(ctx, t, c)
			switch {
			case mysqldb.IsAccessDenied(err):
			case err != nil:
				return fmt.Errorf("%s: read the labels of column %s: %w", t.Name, c.Name, err)
			case len(labels) == len(c.Members):
				c.Members = labels
			}
		}
	}
	return nil
}

func (l *loader) labelsOf(ctx context.Context, t *schema.Table, c *schema.Column) (labels []string, err error) {
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// The table goes with its session.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	temporary := schema.Name{Schema: t.Schema, Table: "_tandem_labels"}.Quoted()
	values := make([]string, len(c.Members))
	for i := range values {
		v := uint64(i + 1)
		if c.Kind == schema.Set {
			v = 1 << i
		}
		values[i] = fmt.Sprintf("(%d,%d)", i, v)
	}
	for _, sql := range []string{
		"CREATE TEMPORARY TABLE " + temporary + " (_tandem_id INT PRIMARY KEY) ENGINE=InnoDB " +
			"SELECT " + schema.Quote(c.Name) + " FROM " + t.Quoted() + " LIMIT 0",
		"INSERT INTO " + temporary + " (_tandem_id, " + schema.Quote(c.Name) + ") VALUES " + strings.Join(values, ","),
	} {
		if _, err := conn.ExecContext(ctx, sql); err != nil {
			return nil, err
		}
	}
	rows, err := conn.QueryContext(ctx, "SELECT "+schema.Quote(c.Name)+" FROM "+temporary+" ORDER BY _tandem_id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var label string
		if err := rows.Scan(&label); err != nil {
			return nil, err
		}
		labels = append(labels, label)
	}
	return labels, rows.Err()
}
