package schemadiff

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/schema"
)

// database is what a database's new tables are given.
type database struct{ charset, collation string }

func (d database) String() string { return d.charset + " " + d.collation }

func loadDatabases(ctx context.Context, db *sql.DB) (map[string]database, error) {
	all := map[string]database{}
	err := rows(ctx, db, func(r *sql.Rows) error {
		var name string
		var d database
		if err := r.Scan(&name, &d.charset, &d.collation); err != nil {
			return err
		}
		d.charset, d.collation = modernWord(d.charset), modernWord(d.collation)
		if !catalog.System(name) {
			all[name] = d
		}
		return nil
	}, "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA")
	return all, err
}

// compareDatabases compares the databases in scope.
func (p *pair) compareDatabases() {
	if len(p.schemas) == 0 && !p.turned {
		p.add(Finding{ID: "nothing-compared", Severity: Warn, Kind: Database, Object: "*", Unchecked: true,
			What: "no database on either side is one that is to be compared"})
	}
	for _, name := range p.schemas {
		if !p.leadsDatabase(name) {
			continue
		}
		a, onSource := p.source.databases[name]
		b, onTarget := p.target.databases[name]
		f := Finding{Kind: Database, Object: name, Severity: Mismatch}
		switch {
		case !onSource:
			f.ID, f.What = "database-extra", p.extra("database")
			f.Target = b.String()
			f.Fix = []string{"DROP DATABASE " + schema.Quote(name)}
		case !onTarget:
			f.ID, f.What = "database-missing", "the database is not on the "+p.target.name
			f.Source = a.String()
			f.Fix = []string{"CREATE DATABASE " + schema.Quote(name) + p.charsetClause(a.charset, a.collation)}
		case a != b:
			f.ID = "database-collation"
			f.What = "the database gives new tables another character set or collation"
			f.Source, f.Target = a.String(), b.String()
			f.Fix = []string{"ALTER DATABASE " + schema.Quote(name) + p.charsetClause(a.charset, a.collation)}
		default:
			continue
		}
		p.add(f)
	}
}

// charsetClause names a character set and collation as the target does.
func (p *pair) charsetClause(charset, collation string) string {
	return " CHARACTER SET " + p.forTarget(charset) + " COLLATE " + p.forTarget(collation)
}

// forTarget gives utf8mb3 and its collations the name that the target knows.
func (p *pair) forTarget(charset string) string {
	if rest, ok := strings.CutPrefix(charset, "utf8mb3"); ok && !p.target.atLeast(8, 0, 30) {
		return "utf8" + rest
	}
	return charset
}

// scope returns the databases that are compared, sorted.
func (p *pair) scope(c Config) []string {
	var all []string
	for _, s := range []*side{p.source, p.target} {
		for name := range s.databases {
			in := false
			if c.Schemas != nil {
				in = c.Schemas(name)
			} else {
				in = s.hasTables(name)
			}
			if in && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (s *side) hasTables(database string) bool {
	for n := range s.tables {
		if n.Schema == database {
			return true
		}
	}
	return false
}
