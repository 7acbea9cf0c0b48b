package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// DoubtfulDefault tells whether a literal default may be another than it looks:
// servers describe it in utf8mb3, with ? for what that has not, and current ones
// end one of bytes at the first zero.
func DoubtfulDefault(c *schema.Column, described string) bool {
	switch c.Kind {
	case schema.Binary, schema.Bytes:
		return true
	case schema.Char, schema.Text, schema.Enum, schema.Set:
		return strings.Contains(described, "?")
	}
	return false
}

// ExactDefaults reads the literal defaults of columns as they are, each as the
// literal X'00FF'. A column is missing where the default can not be seen: a NOT
// NULL column of an empty table shows it in a temporary table only, and not
// everybody may make one.
func ExactDefaults(ctx context.Context, db *sql.DB, table schema.Name, columns []string) (map[string]string, error) {
	exact := map[string]string{}
	for _, ask := range []func(columns []string) error{
		// Columns of a row that is not there show the defaults of those that may be
		// NULL.
		func(columns []string) error {
			return askDefaults(ctx, db, "DEFAULT", columns, "(SELECT 1) o LEFT JOIN "+table.Quoted()+" t ON 1=0", exact)
		},
		// The others need a row.
		func(columns []string) error {
			return askDefaults(ctx, db, "DEFAULT", columns, table.Quoted()+" t LIMIT 1", exact)
		},
		func(columns []string) error { return makeDefaults(ctx, db, table, columns, exact) },
	} {
		var left []string
		for _, c := range columns {
			if exact[c] == "" {
				left = append(left, c)
			}
		}
		if len(left) == 0 {
			break
		}
		err := ask(left)
		if mysqldb.IsAccessDenied(err) || mysqldb.IsReadOnly(err) {
			break // they stay as they are described
		}
		if err != nil {
			return nil, fmt.Errorf("read the defaults of %s: %w", table, err)
		}
	}
	return exact, nil
}

// queryRower is a pool or a session.
type queryRower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func askDefaults(ctx context.Context, db queryRower, function string, columns []string, from string, into map[string]string) error {
	list := make([]string, len(columns))
	values := make([]sql.NullString, len(columns))
	to := make([]any, len(columns))
	for i, c := range columns {
		list[i] = "HEX(" + function + "(t." + schema.Quote(c) + "))"
		to[i] = &values[i]
	}
	err := db.QueryRowContext(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+from).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	for i, c := range columns {
		if values[i].Valid {
			into[c] = "X'" + values[i].String + "'"
		}
	}
	return err
}

// makeDefaults has the server put the defaults into a row of a temporary table
// with the same columns.
func makeDefaults(ctx context.Context, db *sql.DB, table schema.Name, columns []string, into map[string]string) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	// The table goes with its session.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	temporary := schema.Name{Schema: table.Schema, Table: "_tandem_defaults"}.Quoted()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = schema.Quote(c)
	}
	for _, sql := range []string{
		"CREATE TEMPORARY TABLE " + temporary + " (_tandem_id INT PRIMARY KEY) ENGINE=InnoDB " +
			"SELECT " + strings.Join(names, ", ") + " FROM " + table.Quoted() + " LIMIT 0",
		"INSERT INTO " + temporary + " (_tandem_id) VALUES (1)",
	} {
		if _, err := conn.ExecContext(ctx, sql); err != nil {
			return err
		}
	}
	return askDefaults(ctx, conn, "", columns, temporary+" t", into)
}

// defaults reads the defaults that the source's statement may not have as they
// are. Those that can not be seen are empty.
func (c *creator) defaults(ctx context.Context) (map[string]string, error) {
	doubtful, err := c.doubtfulDefaults(ctx)
	if err != nil || len(doubtful) == 0 {
		return nil, err
	}
	exact, err := ExactDefaults(ctx, c.source, c.table.Name, doubtful)
	if err != nil {
		return nil, err
	}
	for _, name := range doubtful {
		exact[name] += "" // empty where it was not seen
	}
	return exact, nil
}

// doubtfulDefaults lists the columns whose default is to be looked at.
func (c *creator) doubtfulDefaults(ctx context.Context) (doubtful []string, err error) {
	rows, err := c.source.QueryContext(ctx, "SELECT COLUMN_NAME, COLUMN_DEFAULT, EXTRA FROM information_schema.COLUMNS "+
		"WHERE TABLE_SCHEMA=? AND TABLE_NAME=? AND BINARY TABLE_NAME=? AND COLUMN_DEFAULT IS NOT NULL",
		c.table.Schema, c.table.Table, c.table.Table)
	if err != nil {
		return nil, fmt.Errorf("look at the defaults on the source: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name, described, extra string
		if err := rows.Scan(&name, &described, &extra); err != nil {
			return nil, err
		}
		at := c.table.Column(name)
		if at >= 0 && !strings.Contains(strings.ToUpper(extra), "GENERATED") && DoubtfulDefault(&c.table.Columns[at], described) {
			doubtful = append(doubtful, c.table.Columns[at].Name)
		}
	}
	return doubtful, rows.Err()
}

// defaultLiterals writes defaults that the server can not print as they are.
func (a *adaptation) defaultLiterals() {
	parts, _ := a.clauses()
	for _, part := range parts {
		at := sqltoken.Next(part, 0)
		if at >= len(part) || part[at].Kind != sqltoken.Name {
			continue
		}
		column := a.table.Column(sqltoken.Unquote(part[at].Text))
		if column < 0 {
			continue
		}
		c := &a.table.Columns[column]
		exact, doubtful := a.defaults[c.Name]
		at = sqltoken.Next(part, sqltoken.Find(part, at, 1, "DEFAULT")+1)
		if !doubtful || at >= len(part) || part[at].Kind != sqltoken.Text && part[at].Kind != sqltoken.Word {
			continue
		}
		switch {
		case exact != "" && c.Charset != "":
			part[at].Text = "_" + a.charsetName(c.Charset) + " " + exact
		case exact != "":
			part[at].Text = exact
		case strings.Contains(part[at].Text, "?"):
			a.changes = append(a.changes, "the default of "+c.Name+" is "+part[at].Text+
				", as the source prints it, who may mean another by ?: to see it as it is takes CREATE TEMPORARY TABLES")
		}
	}
}
