package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// ErrNoTable says that a table is not there (or is a view).
var ErrNoTable = errors.New("no such table")

// System tells whether a database belongs to the server, a cloud, or tandem
// itself, and is therefore never replicated.
func System(database string) bool {
	switch strings.ToLower(database) {
	case "mysql", "information_schema", "performance_schema", "sys", "ndbinfo",
		"mysql_innodb_cluster_metadata", "_tandem":
		return true
	}
	return false
}

// Load returns the definitions of the tables that filter lets through, sorted
// by name. Views and the databases of [System] are left out.
func Load(ctx context.Context, db *sql.DB, filter func(schema.Name) bool) ([]*schema.Table, error) {
	names, err := databases(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("load tables: %w", err)
	}
	var all []*schema.Table
	for _, database := range names {
		if System(database) {
			continue
		}
		tables, err := loadSteady(ctx, db, database, "", filter)
		if err != nil {
			return nil, fmt.Errorf("load tables of %s: %w", database, err)
		}
		all = append(all, tables...)
	}
	return all, nil
}

// LoadTable returns the definition of one table, [ErrNoTable] if it is not
// there.
func LoadTable(ctx context.Context, db *sql.DB, name schema.Name) (*schema.Table, error) {
	tables, err := loadSteady(ctx, db, name.Schema, name.Table, func(n schema.Name) bool { return n == name })
	if err != nil {
		return nil, fmt.Errorf("load table %s: %w", name, err)
	}
	if len(tables) == 0 {
		return nil, fmt.Errorf("load table %s: %w", name, ErrNoTable)
	}
	return tables[0], nil
}

func databases(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		names = append(names, n)
	}
	return names, rows.Err()
}

// errMoved says that a table was changed between two of the queries.
var errMoved = errors.New("the table was changed while it was being looked at")

// loadSteady loads again when DDL came between: the parts of a definition are
// read one after another.
func loadSteady(ctx context.Context, db *sql.DB, database, table string, filter func(schema.Name) bool) ([]*schema.Table, error) {
	const tries = 5
	for try := 1; ; try++ {
		l := &loader{db: db, database: database, table: table, filter: filter, tables: map[string]*schema.Table{}}
		tables, err := l.load(ctx)
		if err == nil || try == tries || !errors.Is(err, errMoved) {
			return tables, err
		}
	}
}

// loader loads the tables of one database.
type loader struct {
	db       *sql.DB
	database string
	table    string // empty for all
	filter   func(schema.Name) bool
	tables   map[string]*schema.Table
	has      features
}

// features are the columns of information_schema that not every version has.
type features struct {
	generated   bool // COLUMNS.GENERATION_EXPRESSION, 5.7
	expressions bool // STATISTICS.EXPRESSION, 8.0.13
}

func (l *loader) load(ctx context.Context) ([]*schema.Table, error) {
	steps := []func(context.Context) error{
		l.loadFeatures, l.loadTables, l.loadColumns, l.loadLabels, l.loadKeys, l.loadForeignKeys,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	all := make([]*schema.Table, 0, len(l.tables))
	for _, t := range l.tables {
		if len(t.Columns) == 0 {
			return nil, fmt.Errorf("%s: %w", t.Name, errMoved)
		}
		orderKeys(t)
		t.Fingerprint = Fingerprint(t)
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *schema.Table) int { return strings.Compare(a.Table, b.Table) })
	return all, nil
}

// query runs a query on one table of information_schema for the loader's
// database (and table), and calls scan for each row.
func (l *loader) query(ctx context.Context, columns, from, order string, scan func(*sql.Rows) error) error {
	q := "SELECT " + columns + " FROM information_schema." + from + " WHERE TABLE_SCHEMA=?"
	args := []any{l.database}
	if l.table != "" {
		q += " AND TABLE_NAME=?"
		args = append(args, l.table)
	}
	rows, err := l.db.QueryContext(ctx, q+" ORDER BY "+order, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (l *loader) loadFeatures(ctx context.Context) error {
	const q = `SELECT
		COALESCE(SUM(TABLE_NAME='COLUMNS' AND COLUMN_NAME='GENERATION_EXPRESSION'), 0),
		COALESCE(SUM(TABLE_NAME='STATISTICS' AND COLUMN_NAME='EXPRESSION'), 0)
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='information_schema'
		AND TABLE_NAME IN ('COLUMNS', 'STATISTICS')`
	return l.db.QueryRowContext(ctx, q).Scan(&l.has.generated, &l.has.expressions)
}

func (l *loader) loadTables(ctx context.Context) error {
	return l.query(ctx, "TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE", "TABLES", "TABLE_NAME",
		func(r *sql.Rows) error {
			var name schema.Name
			var kind string
			var engine sql.NullString
			if err := r.Scan(&name.Schema, &name.Table, &kind, &engine); err != nil {
				return err
			}
			// The server compares names without regard to case here.
			if kind == "BASE TABLE" && name.Schema == l.database && l.filter(name) {
				l.tables[name.Table] = &schema.Table{Name: name, Engine: engine.String}
			}
			return nil
		})
}

// of returns the table of that name if it is one of those being loaded.
func (l *loader) of(database, table string) *schema.Table {
	if database != l.database {
		return nil
	}
	return l.tables[table]
}
