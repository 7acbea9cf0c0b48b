package schemadiff

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"tandem/internal/catalog"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// rig is a pair of servers with a database of this test's own.
type rig struct {
	t *testing.T
	*sandboxtest.SharedPair
	source, target *sql.DB // root's, as tandem opens them
}

func newRig(t *testing.T, pair func(testing.TB) *sandboxtest.SharedPair) *rig {
	t.Helper()
	p := pair(t)
	return &rig{t: t, SharedPair: p, source: openRoot(t, p.Source), target: openRoot(t, p.Target)}
}

func openRoot(t *testing.T, s *sandbox.Server) *sql.DB {
	t.Helper()
	c := s.RootConfig()
	return open(t, mysqldb.Endpoint{Name: s.Addr(), Network: c.Net, Addr: c.Addr, User: c.User})
}

func open(t *testing.T, e mysqldb.Endpoint) *sql.DB {
	t.Helper()
	db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{MaxConns: 1}) // nothing needs two at once
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// run executes statements in one session, in the test's database if it is there.
func (r *rig) run(db *sql.DB, statements ...string) {
	r.t.Helper()
	r.runIn(r.Database, db, statements...)
}

func (r *rig) runIn(database string, db *sql.DB, statements ...string) {
	r.t.Helper()
	conn, err := db.Conn(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	defer mysqldb.Discard(conn)
	if database != "" {
		if _, err := conn.ExecContext(r.t.Context(), "USE "+database); err != nil && !mysqldb.IsNoSuchTable(err) {
			r.t.Fatal(err)
		}
	}
	for _, s := range statements {
		s = strings.ReplaceAll(s, "{db}", r.Database)
		if _, err := conn.ExecContext(r.t.Context(), s); err != nil {
			r.t.Fatalf("%s: %v", s, err)
		}
	}
}

// create lets tandem make the tables on the target.
func (r *rig) create() {
	r.t.Helper()
	tables, err := catalog.Load(r.t.Context(), r.source, r.tables)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := catalog.Create(r.t.Context(), r.source, r.target, tables); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) tables(n schema.Name) bool { return n.Schema == r.Database }

func (r *rig) config() Config {
	return Config{Source: r.source, Target: r.target, Tables: r.tables, WithoutAccounts: true,
		Schemas: func(s string) bool { return s == r.Database }}
}

// compare runs a comparison.
func (r *rig) compare(c Config) []Finding {
	r.t.Helper()
	found, err := Run(r.t.Context(), c)
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

// fix runs the statements of findings on the target, each finding's in a session
// without a default database.
func (r *rig) fix(found []Finding) {
	r.t.Helper()
	for _, f := range found {
		r.runIn("", r.target, f.Fix...)
	}
}

// above returns the findings that are worse than a severity.
func above(found []Finding, s Severity) (worse []Finding) {
	for _, f := range found {
		if rank(f.Severity) > rank(s) {
			worse = append(worse, f)
		}
	}
	return worse
}

func show(t *testing.T, found []Finding) {
	t.Helper()
	for _, f := range found {
		t.Logf("%s %s %s: %s\n\tsource: %s\n\ttarget: %s\n\tfix: %s", f.Severity, f.ID, f.Object, f.What, f.Source, f.Target, f.FixText())
	}
}

// brief is findings as severity, ID and object.
func brief(found []Finding) string {
	var all []string
	for _, f := range found {
		all = append(all, string(f.Severity)+" "+f.ID+" "+f.Object)
	}
	return strings.Join(all, " ")
}

func password(p string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return p, nil }
}
