package copier_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate/copier"
)

// TestSnapshotWaitsForTheStream copies a table without a key from a snapshot
// that is ahead of the stream: nothing of it is written before the stream has
// come to where the snapshot is.
func TestSnapshotWaitsForTheStream(t *testing.T) {
	pair := sandboxtest.Shared(t)
	l := newLab(t, pair, "CREATE TABLE t (k INT, u INT, v VARCHAR(20))", "INSERT INTO t VALUES (1, 1, 'old'), (2, 2, 'old'), (2, 2, 'old')")
	table, _ := l.registry.Table(schema.Name{Schema: pair.Database, Table: "t"})
	s := &fakeStream{t: t, l: l}
	l.behind.Store(true)
	opened := make(chan struct{})
	l.change = func(cfg *copier.Config) {
		cfg.Hook = func(point string) {
			switch {
			case point == "snapshot":
				close(opened)
			case point == "begin" && l.behind.Load():
				t.Error("the table is written while the stream is behind the snapshot")
			}
		}
	}
	s.c = l.prepare()
	s.source("INSERT INTO t VALUES (3, 3, 'new')",
		change.RowChange{Op: change.Insert, Table: table, After: row("3", "3", "new")})
	s.source("DELETE FROM t WHERE k=2 LIMIT 1",
		change.RowChange{Op: change.Delete, Table: table, Before: row("2", "2", "old")})
	s.run(func() {
		<-opened
		l.behind.Store(false)
	})
	l.requireEqual()
}

// TestSnapshotGivesWay has the stream wait for a table whose snapshot waits for
// the stream. The first snapshot is given up, the second one is good.
func TestSnapshotGivesWay(t *testing.T) {
	pair := sandboxtest.Shared(t)
	l := newLab(t, pair, "CREATE TABLE t (k INT, u INT, v VARCHAR(20))", "INSERT INTO t VALUES (1, 1, 'old')")
	table, _ := l.registry.Table(schema.Name{Schema: pair.Database, Table: "t"})
	s := &fakeStream{t: t, l: l}
	l.behind.Store(true)
	var snapshots atomic.Int32
	l.change = func(cfg *copier.Config) {
		cfg.Hook = func(point string) {
			switch {
			case point == "snapshot" && snapshots.Add(1) == 1:
				s.source("UPDATE t SET v='later' WHERE k=1",
					change.RowChange{Op: change.Update, Table: table, Before: row("1", "1", "old"), After: row("1", "1", "later")})
			case point == "snapshot":
				l.behind.Store(false)
			}
		}
	}
	s.c = l.prepare()
	s.source("INSERT INTO t VALUES (2, 2, 'new')",
		change.RowChange{Op: change.Insert, Table: table, After: row("2", "2", "new")})
	s.run(func() {})
	if snapshots.Load() != 2 {
		t.Errorf("%d snapshots were taken, not two", snapshots.Load())
	}
	l.requireEqual()
}

// run copies while the stream is delivered all the time, and does something
// beside.
func (s *fakeStream) run(beside func()) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	stop := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() { s.pump(stop) })
	others.Go(beside)
	err := s.c.Run(ctx)
	close(stop)
	others.Wait()
	if err != nil {
		s.t.Fatal(err)
	}
	if !s.c.Done() {
		s.t.Error("the copy is not done")
	}
	s.deliver()
}

// TestCircleIsCopiedTogether interrupts the copy of two tables whose foreign
// keys lead to each other, after the first is copied. Since cascades are not
// logged, both must be of one snapshot: the first one is copied again.
func TestCircleIsCopiedTogether(t *testing.T) {
	pair := sandboxtest.Shared56(t)
	l := newLab(t, pair, "SET foreign_key_checks=0",
		"CREATE TABLE a (id INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES b (id) ON DELETE SET NULL) ENGINE=InnoDB",
		"CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE) ENGINE=InnoDB",
		"INSERT INTO a VALUES (1,1),(2,2),(3,3)", "INSERT INTO b VALUES (1,2),(2,3),(3,NULL)", "SET foreign_key_checks=1")
	b, _ := l.registry.Table(schema.Name{Schema: pair.Database, Table: "b"})
	s := &fakeStream{t: t, l: l}
	ctx, kill := context.WithCancelCause(t.Context())
	defer kill(nil)
	var writes atomic.Int32
	l.change = func(cfg *copier.Config) {
		cfg.Hook = func(point string) {
			if point == "before-write" && writes.Add(1) == 2 {
				kill(errKilled)
			}
		}
	}
	s.c = l.prepare()
	stop := make(chan struct{})
	var pump sync.WaitGroup
	pump.Go(func() { s.pump(stop) })
	err := s.c.Run(ctx)
	close(stop)
	pump.Wait()
	if !errors.Is(err, errKilled) {
		t.Fatalf("run: %v, want it killed", err)
	}
	l.waitFor("SELECT COUNT(*) FROM _tandem.chunk WHERE link = '" + pair.Database + "' AND ord > 0")
	// What this does to a is not in the binlog.
	s.source("DELETE FROM b WHERE id=2", change.RowChange{Op: change.Delete, Table: b, Before: row("2", "3")})
	s.c = l.prepare()
	s.run(func() {})
	if n := writes.Load(); n != 4 {
		t.Errorf("%d tables were written, not one, then one that failed, then both", n)
	}
	l.requireEqual()
}

// waitFor waits until a query on the target counts something.
func (l *lab) waitFor(query string) {
	l.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		var n int
		if err := l.target.QueryRow(query).Scan(&n); err != nil {
			l.t.Fatal(err)
		}
		if n > 0 {
			return
		}
	}
	l.t.Fatalf("not within 30 seconds: %s", query)
}
