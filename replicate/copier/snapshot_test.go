package copier_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate/copier"
)

// TestSnapshotAheadOfTheStream copies a table without a key from a snapshot that
// has changes which the stream brings only after the table is done, to the same
// copier or to the one of a restarted process.
func TestSnapshotAheadOfTheStream(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart=%t", restart), func(t *testing.T) { ahead(t, restart) })
	}
}

func ahead(t *testing.T, restart bool) {
	pair := sandboxtest.Shared(t)
	l := newLab(t, pair, "CREATE TABLE t (k INT, u INT, v VARCHAR(20))", "INSERT INTO t VALUES (1, 1, 'old'), (2, 2, 'old'), (2, 2, 'old')")
	table, _ := l.registry.Table(schema.Name{Schema: pair.Database, Table: "t"})
	s := &fakeStream{t: t, l: l}
	l.behind.Store(true)
	s.c = l.prepare()
	s.source("INSERT INTO t VALUES (3, 3, 'new')",
		change.RowChange{Op: change.Insert, Table: table, After: row("3", "3", "new")})
	s.source("UPDATE t SET v='changed' WHERE k=1",
		change.RowChange{Op: change.Update, Table: table, Before: row("1", "1", "old"), After: row("1", "1", "changed")})
	s.source("DELETE FROM t WHERE k=2 LIMIT 1",
		change.RowChange{Op: change.Delete, Table: table, Before: row("2", "2", "old")})
	ctx, kill := context.WithCancelCause(t.Context())
	defer kill(nil)
	ended := make(chan error, 1)
	go func(c *copier.Copier) { ended <- c.Run(ctx) }(s.c)
	l.waitFor("SELECT COUNT(*) FROM _tandem.copy WHERE link = '" + pair.Database + "' AND state = 'done'")
	if s.c.Done() {
		t.Fatal("the copy calls itself done while the stream is behind its snapshot")
	}
	if restart {
		kill(errKilled)
		if err := <-ended; !errors.Is(err, errKilled) {
			t.Fatalf("run: %v, want it killed", err)
		}
		s.c = l.prepare()
		go func(c *copier.Copier) { ended <- c.Run(t.Context()) }(s.c)
	}
	s.deliver()
	// What comes from behind the snapshot is applied.
	s.source("INSERT INTO t VALUES (4, 4, 'later')",
		change.RowChange{Op: change.Insert, Table: table, After: row("4", "4", "later")})
	s.deliver()
	l.behind.Store(false)
	s.deliver()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the copy does not end although the stream has come by the snapshot")
	}
	if !s.c.Done() {
		t.Error("the copy is not done")
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
