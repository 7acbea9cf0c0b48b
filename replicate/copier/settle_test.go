package copier

import (
	"context"
	"sync"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestSettle has eight writers count up on a server whose gtid_executed runs
// ahead of what queries see. After a commit of the settler's own a query sees
// everything that gtid_executed held before.
func TestSettle(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair56(t)
	db := sandboxtest.RootDB(t, pair.Source, "")
	sandboxtest.Exec(t, db, "CREATE DATABASE d", "CREATE TABLE d.t (w INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB",
		"INSERT INTO d.t VALUES (0,0),(1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0)")
	s := newSettler(&Config{Link: "m:forward", Source: mysqldb.Endpoint{
		Name: "source", Network: "tcp", Addr: pair.Source.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return pair.Source.Password(), nil },
	}})
	defer s.close()
	if err := s.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := func(sql string) (n int) {
		if err := db.QueryRowContext(t.Context(), sql).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	const executed = "SELECT SUBSTRING_INDEX(@@GLOBAL.gtid_executed,'-',-1)"
	const seen = "SELECT (SELECT SUM(n) FROM d.t)+(SELECT IFNULL(SUM(n),0) FROM _tandem.settle)"
	before := ask(executed)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for ctx.Err() == nil {
				if _, err := db.Exec("UPDATE d.t SET n=n+1 WHERE w=?", w); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	early := 0
	for range 1000 {
		if want := ask(executed) - before; ask(seen) < want {
			early++
		}
		want := ask(executed) - before
		if err := s.settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := ask(seen); got < want {
			t.Fatalf("a query sees %d of at least %d transactions", got, want)
		}
	}
	stop()
	writers.Wait()
	t.Logf("without a commit of our own %d of 1000 queries came too early", early)
}
