package main

import (
	"database/sql"
	"testing"
	"time"

	"tandem/internal/sandbox/sandboxtest"
)

// TestRepairBesideTheStream repairs rows either way while both links run and the
// application writes: neither link takes the repair for somebody's change, or
// carries it to the other side.
func TestRepairBesideTheStream(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"9.7", "5.6"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			start := sandboxtest.Pair
			if version == "5.6" {
				start = sandboxtest.Pair56
			}
			pair := start(t)
			source, target := sandboxtest.RootDB(t, pair.Source, ""), sandboxtest.RootDB(t, pair.Target, "")
			sandboxtest.Exec(t, source, "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, n INT, v VARCHAR(20), u INT UNIQUE)",
				"INSERT INTO shop.t VALUES (1,1,'a',1),(2,2,'b',2),(3,3,'c',3),(4,4,'d',4),(500,0,'busy',500)")
			m := newMigration(t, pair, []string{"shop.*"})
			m.catchUp()
			links := m.start("replicate").streams()
			confirm := []string{"--confirm", migrationName(t, m)}
			stop := busy(t, source)

			// Somebody writes to the side that owns nothing.
			sandboxtest.Exec(t, target, "UPDATE shop.t SET n=-n, u=-u WHERE id=1", "DELETE FROM shop.t WHERE id=2", "INSERT INTO shop.t VALUES (9,9,'x',9)")
			breaches(t, source, 3)
			m.start("verify").want(3)
			m.start(append([]string{"verify", "--repair"}, confirm...)...).want(0)
			m.start("verify").want(0)

			// And this time the target is right.
			sandboxtest.Exec(t, target, "UPDATE shop.t SET v='right' WHERE id=3", "INSERT INTO shop.t VALUES (10,10,'y',10)")
			breaches(t, source, 5)
			m.start(append([]string{"verify", "--repair", "--direction", "target-to-source"}, confirm...)...).want(0)
			m.start("verify").want(0)
			if n := count(t, source, "SELECT COUNT(*) FROM shop.t WHERE id=3 AND v='right' OR id=10"); n != 2 {
				t.Errorf("%d of 2 rows are right on the source", n)
			}

			// One more breach: behind it in the log the repairs have been passed.
			sandboxtest.Exec(t, target, "INSERT INTO shop.t VALUES (11,11,'z',11)")
			breaches(t, source, 6)
			m.start(append([]string{"verify", "--repair"}, confirm...)...).want(0)
			stop()
			if n := count(t, target, "SELECT COUNT(*) FROM _tandem.conflict"); n != 0 || !links.running() {
				t.Errorf("%d conflicts, links running: %v", n, links.running())
			}
			links.stop()
			m.catchUp()
			sandboxtest.RequireEqual(t, pair, "shop")
			if n := count(t, source, "SELECT COUNT(*) FROM _tandem.breach"); n != 6 {
				t.Errorf("%d breaches, want 6: a repair was taken for one", n)
			}
		})
	}
}

// busy changes a row of the source until it is stopped.
func busy(t *testing.T, db *sql.DB) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			if _, err := db.ExecContext(t.Context(), "UPDATE shop.t SET n=n+1 WHERE id=500"); err != nil {
				t.Errorf("write to the source: %v", err)
				return
			}
		}
	}()
	return func() { close(end); <-ended }
}

// breaches waits until the reverse link has kept so many.
func breaches(t *testing.T, source *sql.DB, want int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		n := count(t, source, "SELECT COUNT(*) FROM _tandem.breach")
		if n == want {
			return
		}
		if n > want || time.Now().After(deadline) {
			t.Fatalf("%d breaches, want %d", n, want)
		}
	}
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
