package touched_test

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/cmd/internal/touched"
	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

func endpoint(name string, server *sandbox.Server) mysqldb.Endpoint {
	return mysqldb.Endpoint{
		Name: name, Network: "tcp", Addr: server.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return server.Password(), nil },
	}
}

// TestTouchedRowsAreReadFromTheLog lets transactions touch rows, and wants their
// keys, and a comparison of just those.
func TestTouchedRowsAreReadFromTheLog(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"9.7", "5.6"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			shared := sandboxtest.Shared
			if version == "5.6" {
				shared = sandboxtest.Shared56
			}
			pair := shared(t)
			tables := []string{
				"CREATE TABLE a (id INT PRIMARY KEY, v INT)", "CREATE TABLE b (k VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, n INT, v INT, PRIMARY KEY (n,k))", "CREATE TABLE c (v INT)",
				"CREATE TABLE d (id INT PRIMARY KEY, v INT)",
				"INSERT INTO a VALUES (1,1),(2,2),(3,3),(4,4)", "INSERT INTO b VALUES ('x',1,1),('y',2,2)", "INSERT INTO d VALUES (1,1)",
			}
			sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Target, ""), "CREATE DATABASE `"+pair.Database+"`")
			source, target := pair.SourceDB(t), pair.TargetDB(t)
			sandboxtest.Exec(t, source, tables...)
			sandboxtest.Exec(t, target, tables...)
			wanted := func(n schema.Name) bool { return n.Schema == pair.Database }
			cfg := verify.Config{Migration: pair.Database, Source: endpoint("source", pair.Source), Target: endpoint("target", pair.Target), Tables: wanted, Fresh: true}
			if r, err := verify.Run(t.Context(), cfg); err != nil || r.Outcome != verify.Equal {
				t.Fatalf("%v %v", r, err)
			}
			changes := &touched.Changes{Server: cfg.Source, ServerID: 4711, Tables: wanted, SpoolDir: t.TempDir()}
			from, err := mysqldb.Executed(t.Context(), source)
			if err != nil {
				t.Fatal(err)
			}
			both := []string{"UPDATE a SET v=9 WHERE id IN (1,2)", "UPDATE a SET id=30 WHERE id=3", "DELETE FROM b WHERE n=1", "INSERT INTO c VALUES (1)", "TRUNCATE d"}
			sandboxtest.Exec(t, source, both...)
			until, err := mysqldb.Executed(t.Context(), source)
			if err != nil {
				t.Fatal(err)
			}
			sandboxtest.Exec(t, source, "UPDATE a SET v=10 WHERE id=4") // too late
			want := []string{"a 1", "a 2", "a 3", "a 30", "b 1 x", "c", "d"}
			if d := cmp.Diff(want, keys(t, changes, from, until)); d != "" {
				t.Error(d)
			}
			if got := keys(t, changes, until, until); len(got) > 0 {
				t.Errorf("nothing was touched, but %q", got)
			}
			sandboxtest.Exec(t, target, both[:3]...)
			sandboxtest.Exec(t, target, "UPDATE a SET v=10 WHERE id=4", "UPDATE a SET v=8 WHERE id=2", "TRUNCATE d", "INSERT INTO d VALUES (7,7)")
			r, err := verify.TouchedSince(t.Context(), cfg, verify.Logs{Source: changes})
			if err != nil {
				t.Fatal(err)
			}
			if c := r.Totals.Counts; c.Different != 1 || c.Missing != 1 || c.Extra != 1 || r.Totals.Rows != 5 {
				t.Errorf("%+v %+v", r.Totals, r.Tables)
			}
			proven, err := verify.ReadVerified(t.Context(), target, cfg.Migration)
			if err != nil || len(proven) != 4 || proven[0].Mismatches != 1 || proven[1].Mismatches != 0 || proven[3].Mismatches != 1 {
				t.Errorf("%+v %v", proven, err)
			}
		})
	}
}

func keys(t *testing.T, c *touched.Changes, from, until change.GTIDSet) []string {
	t.Helper()
	var got []string
	err := c.Keys(t.Context(), from, until, func(n schema.Name, k chunk.Key) error {
		line := n.Table
		for _, v := range k {
			if len(v) > 20 {
				line += " " + strconv.Itoa(len(v))
			} else {
				line += " " + string(v)
			}
		}
		got = append(got, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return slices.Compact(got)
}
