package schemadiff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"tandem/internal/catalog"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// side is one of the two servers with what has been read from it.
type side struct {
	name  string // source, target
	db    *sql.DB
	facts mysqldb.Facts
	// user is the account that this very session runs as.
	user string

	databases map[string]database
	tables    map[schema.Name]*table
	objects   map[Kind]map[schema.Name]*object
	accounts  *accounts
}

// tableLoaders is how many tables are asked for their statement at once.
const tableLoaders = 4

// openSide asks a server about itself.
func openSide(ctx context.Context, name string, db *sql.DB) (*side, error) {
	s := &side{name: name, db: db}
	var err error
	if s.facts, err = mysqldb.LoadFacts(ctx, db); err != nil {
		return nil, fmt.Errorf("compare schemas: look at the %s: %w", name, err)
	}
	if err := db.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&s.user); err != nil {
		return nil, fmt.Errorf("compare schemas: look at the %s: %w", name, err)
	}
	if s.databases, err = loadDatabases(ctx, db); err != nil {
		return nil, fmt.Errorf("compare schemas: list databases of the %s: %w", name, err)
	}
	return s, nil
}

// loadTables reads all definitions of tables.
func (s *side) loadTables(ctx context.Context, filter func(schema.Name) bool) error {
	defs, err := catalog.Load(ctx, s.db, filter)
	if err != nil {
		return fmt.Errorf("compare schemas: %s: %w", s.name, err)
	}
	s.tables = make(map[schema.Name]*table, len(defs))
	var schemas []string
	for _, d := range defs {
		s.tables[d.Name] = newTable(d)
		if !slices.Contains(schemas, d.Schema) {
			schemas = append(schemas, d.Schema)
		}
	}
	for _, database := range schemas {
		for _, load := range []func(context.Context, string) error{
			s.loadTableOptions, s.loadColumns, s.loadKeys, s.loadMarks,
		} {
			if err := load(ctx, database); err != nil {
				return fmt.Errorf("compare schemas: read the tables of %s on the %s: %w", database, s.name, err)
			}
		}
	}
	return s.showTables(ctx)
}

// showTables reads the statements, and the defaults, of the tables that need it.
// A table that has been dropped since it was listed is not there.
func (s *side) showTables(ctx context.Context) error {
	var mu sync.Mutex // guards gone
	var gone []schema.Name
	g, showing := errgroup.WithContext(ctx)
	g.SetLimit(tableLoaders)
	for name, t := range s.tables {
		g.Go(func() error {
			err := s.showTable(showing, t)
			if mysqldb.IsNoSuchTable(err) {
				mu.Lock()
				defer mu.Unlock()
				gone = append(gone, name)
				return nil
			}
			if err != nil {
				return fmt.Errorf("compare schemas: %s: %w", s.name, err)
			}
			return nil
		})
	}
	err := g.Wait()
	for _, name := range gone {
		delete(s.tables, name)
	}
	return err
}

func (s *side) showTable(ctx context.Context, t *table) error {
	if err := s.loadDefaults(ctx, t); err != nil || !t.needsStatement {
		return err
	}
	shown, err := showTable(ctx, s.db, t.Name)
	if err == nil {
		t.shown = shown
	}
	return err
}

// atLeast tells whether the server is that version or a later one.
func (s *side) atLeast(major, minor, patch int) bool {
	return s.facts.Version.AtLeast(major, minor, patch)
}

// rows runs a query and calls scan for each row.
func rows(ctx context.Context, q queryer, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	r, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return r.Err()
}

// names returns the keys of a map, sorted.
func names[T any](m map[schema.Name]T) []schema.Name {
	all := make([]schema.Name, 0, len(m))
	for n := range m {
		all = append(all, n)
	}
	slices.SortFunc(all, byName)
	return all
}

func loadSide(ctx context.Context, name string, c Config) (*side, error) {
	db := c.Source
	if name == "target" {
		db = c.Target
	}
	side, err := openSide(ctx, name, db)
	if err != nil {
		return nil, err
	}
	return side, side.loadTables(ctx, c.Tables)
}
