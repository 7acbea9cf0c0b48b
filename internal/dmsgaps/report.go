package dmsgaps

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/schema"
)

// Effect says what becomes of something.
type Effect string

// The effects, the worst first.
const (
	// Lost: it is not on the target, or changes to it do not arrive.
	Lost Effect = "lost"
	// Changed: it is there as something else.
	Changed Effect = "changed"
	// Refused: DMS does not support it.
	Refused Effect = "refused"
	// Unproved: it may be right, but DMS does not look, or does not say.
	Unproved Effect = "unproved"
)

// Gap is one thing that DMS drops or changes, with where it is met.
type Gap struct {
	// ID names the rule. It stays the same from release to release.
	ID     string `json:"id"`
	Effect Effect `json:"effect"`
	// DMS says what DMS does, Tandem what tandem does instead.
	DMS    string `json:"dms"`
	Tandem string `json:"tandem"`
	// Source is the page of the DMS user guide that says so.
	Source string `json:"source"`
	// Places are where it is met; empty where it is about every migration.
	Places []Place `json:"places"`
}

// Place is where in the schema.
type Place struct {
	Schema string `json:"schema"`
	// Table is empty for what belongs to the database.
	Table string `json:"table,omitempty"`
	// Name is a column, an index, a constraint, a view and so on.
	Name string `json:"name,omitempty"`
	// Detail is its type or definition, shortened.
	Detail string `json:"detail,omitempty"`
}

func (p Place) String() string {
	s := p.Schema
	for _, part := range []string{p.Table, p.Name} {
		if part != "" {
			s += "." + part
		}
	}
	if p.Detail != "" {
		s += " (" + p.Detail + ")"
	}
	return s
}

// Report is all of it.
type Report struct {
	Version int `json:"version"`
	// Tables is how many tables were looked at.
	Tables int `json:"tables"`
	// Gaps are those that this schema meets.
	Gaps []Gap `json:"gaps"`
	// Always are those of every migration.
	Always []Gap `json:"always"`
}

// Explain looks at the tables that keep lets through, and at what stands beside
// them in their databases.
func Explain(ctx context.Context, db *sql.DB, keep func(schema.Name) bool) (Report, error) {
	r := Report{Version: 1, Gaps: []Gap{}}
	w, err := look(ctx, db, keep)
	if err != nil {
		return r, fmt.Errorf("explain what DMS would do: %w", err)
	}
	r.Tables = len(w.tables)
	for _, rule := range rules {
		g := rule.gap
		if rule.find == nil {
			g.Places = []Place{}
			r.Always = append(r.Always, g)
			continue
		}
		if g.Places = rule.find(w); len(g.Places) > 0 {
			r.Gaps = append(r.Gaps, g)
		}
	}
	order := []Effect{Lost, Changed, Refused, Unproved}
	slices.SortStableFunc(r.Gaps, func(a, b Gap) int { return slices.Index(order, a.Effect) - slices.Index(order, b.Effect) })
	return r, nil
}

// world is what the rules look at.
type world struct {
	tables     []*schema.Table
	defaults   map[schema.Name]map[string]string // by column, the default as the server prints it
	indexTypes map[schema.Name]map[string]string // by index: BTREE, FULLTEXT, SPATIAL
	partitions map[schema.Name]string            // the method
	checks     []Place
	beside     map[string][]Place // view, procedure, function, trigger, event
	compressed bool               // binlog_transaction_compression
	cascades   bool               // what foreign keys change is in the binlog: MySQL 9.6 and later
}

func look(ctx context.Context, db *sql.DB, keep func(schema.Name) bool) (*world, error) {
	w := &world{
		defaults: map[schema.Name]map[string]string{}, indexTypes: map[schema.Name]map[string]string{},
		partitions: map[schema.Name]string{}, beside: map[string][]Place{},
	}
	var err error
	if w.tables, err = catalog.Load(ctx, db, keep); err != nil {
		return nil, err
	}
	kept, schemas := map[schema.Name]bool{}, map[string]bool{}
	for _, t := range w.tables {
		kept[t.Name], schemas[t.Schema] = true, true
	}
	l := lister{ctx: ctx, db: db}
	l.rows("SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, '' FROM information_schema.COLUMNS WHERE COLUMN_DEFAULT IS NOT NULL", func(v []string) {
		put(w.defaults, kept, v)
	})
	l.rows("SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, INDEX_TYPE, '' FROM information_schema.STATISTICS WHERE SEQ_IN_INDEX = 1", func(v []string) {
		put(w.indexTypes, kept, v)
	})
	l.rows("SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, PARTITION_METHOD, '', '' FROM information_schema.PARTITIONS WHERE PARTITION_NAME IS NOT NULL", func(v []string) {
		if n := (schema.Name{Schema: v[0], Table: v[1]}); kept[n] {
			w.partitions[n] = v[2]
		}
	})
	if l.has("CHECK_CONSTRAINTS") {
		l.rows("SELECT t.TABLE_SCHEMA, t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, '' FROM information_schema.CHECK_CONSTRAINTS c"+
			" JOIN information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME"+
			" WHERE t.CONSTRAINT_TYPE = 'CHECK'", func(v []string) {
			if kept[schema.Name{Schema: v[0], Table: v[1]}] {
				w.checks = append(w.checks, Place{v[0], v[1], v[2], short(v[3])})
			}
		})
	}
	for kind, query := range map[string]string{
		"view":    "SELECT TABLE_SCHEMA, '', TABLE_NAME, '', '' FROM information_schema.VIEWS",
		"routine": "SELECT ROUTINE_SCHEMA, '', ROUTINE_NAME, LOWER(ROUTINE_TYPE), '' FROM information_schema.ROUTINES",
		"trigger": "SELECT TRIGGER_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME, LOWER(CONCAT(ACTION_TIMING, ' ', EVENT_MANIPULATION)), '' FROM information_schema.TRIGGERS",
		"event":   "SELECT EVENT_SCHEMA, '', EVENT_NAME, '', '' FROM information_schema.EVENTS",
	} {
		l.rows(query, func(v []string) {
			own := kind == "trigger" && (!kept[schema.Name{Schema: v[0], Table: v[1]}] || strings.HasPrefix(v[2], "_tandem"))
			if schemas[v[0]] && !own {
				w.beside[kind] = append(w.beside[kind], Place{v[0], v[1], v[2], v[3]})
			}
		})
	}
	l.rows("SHOW GLOBAL VARIABLES LIKE 'binlog_transaction_compression'", func(v []string) { w.compressed = strings.EqualFold(v[1], "ON") })
	l.rows("SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'", func(v []string) { w.cascades = strings.EqualFold(v[1], "OFF") })
	for _, places := range w.beside {
		slices.SortFunc(places, func(a, b Place) int { return strings.Compare(a.String(), b.String()) })
	}
	slices.SortFunc(w.checks, func(a, b Place) int { return strings.Compare(a.String(), b.String()) })
	return w, l.err
}

// put keeps one text by table and name.
func put(to map[schema.Name]map[string]string, kept map[schema.Name]bool, v []string) {
	n := schema.Name{Schema: v[0], Table: v[1]}
	if !kept[n] {
		return
	}
	if to[n] == nil {
		to[n] = map[string]string{}
	}
	to[n][v[2]] = v[3]
}

// lister asks one query after the other, until one fails.
type lister struct {
	ctx context.Context
	db  *sql.DB
	err error
}

func (l *lister) rows(query string, take func([]string)) {
	if l.err != nil {
		return
	}
	rows, err := l.db.QueryContext(l.ctx, query)
	if err != nil {
		l.err = err
		return
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		l.err = err
		return
	}
	values := make([]sql.NullString, len(columns))
	to := make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	for rows.Next() {
		if l.err = rows.Scan(to...); l.err != nil {
			return
		}
		v := make([]string, len(values))
		for i := range values {
			v[i] = values[i].String
		}
		take(v)
	}
	l.err = rows.Err()
}

// has tells whether information_schema has a table.
func (l *lister) has(table string) (found bool) {
	l.rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = '"+table+"'",
		func([]string) { found = true })
	return found
}

func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
