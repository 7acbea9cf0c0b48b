package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/verify"
)

// TestVerifyBesideTheStream compares rows over and over while the application
// writes, hot rows included, and a link runs: nothing is a mismatch. Then it
// makes faults that stay, and wants to see those and no others.
func TestVerifyBesideTheStream(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version string
		start   func(testing.TB, ...sandboxtest.Option) *sandbox.Pair
		chunks  int
	}{
		{"9.7", sandboxtest.Pair, 1000},
		{"5.6", sandboxtest.Pair56, 300},
	} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			pair := test.start(t)
			app := seedCourier(t, pair.Source, courier.Size(2000))
			hot := hotRows(t, pair.Source)
			m := newMigration(t, pair, []string{courier.Database + ".*"})
			m.catchUp()
			m.start("replicate").streams()
			load := startLoad(t, app, courier.LoadOptions{TPS: 40, Workers: 3, Seed: 1})
			stop := hot()
			cfg := verifyConfig(t, m)
			var totals verify.Totals
			compared := 0
			for compared < test.chunks {
				r, err := verify.Run(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				for _, table := range r.Tables {
					compared += table.Chunks
					for _, f := range table.Findings {
						t.Errorf("%s.%s: %s %s %+v", table.Schema, table.Table, f.Class, f.Key, f.Columns)
					}
					if table.Skipped != "" {
						t.Errorf("%s.%s: %s", table.Schema, table.Table, table.Skipped)
					}
				}
				totals.Rows += r.Totals.Rows
			}
			target := sandboxtest.RootDB(t, pair.Target, courier.Database)
			sandboxtest.Exec(t, target, "UPDATE hot SET note='wrong' WHERE id=900", "DELETE FROM hot WHERE id=901", "INSERT INTO hot VALUES (5000,0,'nobody')")
			r, err := verify.Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			wantFaults(t, r)
			stop()
			stats := load()
			t.Logf("%d chunks with %d rows compared while the application committed %d transactions", compared, totals.Rows, stats.Committed)
			// And when nobody writes any more.
			if r, err = verify.Run(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			wantFaults(t, r)
		})
	}
}

func wantFaults(t *testing.T, r *verify.Report) {
	t.Helper()
	var got []string
	for _, table := range r.Tables {
		for _, f := range table.Findings {
			got = append(got, table.Table+" "+string(f.Class)+" "+f.Key)
		}
	}
	want := "hot different 900, hot missing 901, hot extra 5000"
	if s := strings.Join(got, ", "); s != want || r.Outcome != verify.Mismatch {
		t.Errorf("%s: %s, want %s", r.Outcome, s, want)
	}
}

// hotRows makes a table of a thousand rows; what it returns begins to change the
// first ten of them without end.
func hotRows(t *testing.T, server *sandbox.Server) (begin func() (stop func())) {
	db := sandboxtest.RootDB(t, server, courier.Database)
	sandboxtest.Exec(t, db, "CREATE TABLE hot (id INT PRIMARY KEY, n BIGINT NOT NULL, note VARCHAR(20) NOT NULL)",
		"INSERT INTO hot SELECT a.n*100+b.n*10+c.n, 0, '' FROM "+tens("a")+","+tens("b")+","+tens("c"))
	return func() func() {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			// Not as fast as it can: a link that falls behind for ever is another test.
			// Other tests run beside this one, and the link must keep up all the same.
			tick := time.NewTicker(15 * time.Millisecond)
			defer tick.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				<-tick.C
				if _, err := db.ExecContext(ctx, "UPDATE hot SET n=n+1 WHERE id=?", i%10); err != nil && ctx.Err() == nil {
					t.Errorf("hot row: %v", err)
					return
				}
			}
		}()
		return func() { cancel(); <-done }
	}
}

func tens(name string) string {
	return "(SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) " + name
}

// verifyConfig compares the tables of a migration in small chunks, beside its
// link.
func verifyConfig(t *testing.T, m *migration) verify.Config {
	endpoint := func(name string, server *sandbox.Server) mysqldb.Endpoint {
		return mysqldb.Endpoint{Name: name, Network: "tcp", Addr: server.Addr(), User: sandbox.UserTandem,
			Password: func(context.Context) (string, error) { return server.Password(), nil }}
	}
	links := replicate.Config{Migration: migrationName(t, m), Direction: replicate.Forward}
	cfg := verify.Config{
		Migration: links.Migration, Source: endpoint("source", m.pair.Source), Target: endpoint("target", m.pair.Target),
		Tables:     func(n schema.Name) bool { return n.Schema == courier.Database },
		ChunkBytes: 8 << 10, ChunkTime: 50 * time.Millisecond, ShowValues: true, Fresh: true, Settle: 2 * time.Minute,
	}
	db, err := mysqldb.Open(t.Context(), cfg.Target, mysqldb.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	cfg.Link = appliedBy{db, links.Name()}
	return cfg
}

// requireParity lets package verify, too, say that databases are equal, by either
// method.
func requireParity(t *testing.T, m *migration, names []string) {
	t.Helper()
	for _, method := range []verify.Method{verify.Stream, verify.Server} {
		cfg := verifyConfig(t, m)
		cfg.Link, cfg.Method, cfg.ChunkBytes = nil, method, 0
		cfg.Tables = func(n schema.Name) bool { return slices.Contains(names, n.Schema) }
		r, err := verify.Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range r.Tables {
			if table.Outcome != verify.Equal {
				t.Errorf("%s: %s.%s is %s: %s %+v", method, table.Schema, table.Table, table.Outcome, table.Skipped, table.Findings)
			}
		}
		t.Logf("%s: %d rows in %d tables are %s", method, r.Totals.Rows, r.Totals.Tables, r.Outcome)
	}
}

// migrationName reads the name from tandem.yaml.
func migrationName(t *testing.T, m *migration) string {
	text, err := os.ReadFile(filepath.Join(m.dir, "tandem.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "migration: ")
	name, _, _ := strings.Cut(after, "\n")
	return name
}

// appliedBy is a link as its target tells of it.
type appliedBy struct {
	db   *sql.DB
	link string
}

func (a appliedBy) Applied(ctx context.Context) (change.GTIDSet, error) {
	return replicate.Position(ctx, a.db, a.link)
}
