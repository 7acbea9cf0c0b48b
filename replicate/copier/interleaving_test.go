package copier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate/copier"
)

// keyKind is a kind of row key with values for the scenario below, in the
// server's order.
type keyKind struct {
	name string
	ddl  string
	keys []string
	// same is another spelling of keys[2]: equal to the server, not byte for byte.
	same string
}

var keyKinds = []keyKind{
	{"int", "INT", []string{"-5", "1", "2", "3", "40", "41", "42", "500"}, ""},
	{"varchar", "VARCHAR(20) COLLATE utf8mb4_general_ci", []string{"'a'", "'B'", "'c'", "'D'", "'é1'", "'f'", "'g'", "'日本'"}, "'C'"},
	{"char56", "CHAR(10) CHARACTER SET latin1 COLLATE latin1_swedish_ci", []string{"'a'", "'b'", "'c'", "'d'", "'e'", "'f'", "'g'", "'h'"}, "'C'"},
	{"decimal", "DECIMAL(10,2)", []string{"-1.50", "0.00", "0.50", "1.00", "2.00", "3.00", "4.00", "5.00"}, ""},
	{"binary", "VARBINARY(10)", []string{"''", "'A'", "'a'", "'b'", "'c'", "'d'", "'e'", "'f'"}, ""},
	{"descending", "INT", []string{"7", "6", "5", "4", "3", "2", "1", "0"}, ""},
}

func (k keyKind) create() string {
	order := ""
	if k.name == "descending" {
		order = " DESC"
	}
	return "CREATE TABLE t (k " + k.ddl + " NOT NULL, u INT, v VARCHAR(20), PRIMARY KEY (k" + order + "), UNIQUE (u))"
}

func (k keyKind) value(i int) string { return strings.Trim(k.keys[i], "'") }

// burst changes rows in every way at once: insert, update, delete, a change of
// the key to that of a deleted row, and a unique value that is handed from one row to another.
func (k keyKind) burst(s *fakeStream, t *schema.Table) {
	key := k.value
	s.source("INSERT INTO t VALUES ("+k.keys[7]+", 7, 'new')",
		change.RowChange{Op: change.Insert, Table: t, After: row(key(7), "7", "new")})
	s.source("UPDATE t SET v='changed' WHERE k="+k.keys[1],
		change.RowChange{Op: change.Update, Table: t, Before: row(key(1), "1", "old"), After: row(key(1), "1", "changed")})
	s.source("DELETE FROM t WHERE k="+k.keys[3],
		change.RowChange{Op: change.Delete, Table: t, Before: row(key(3), "3", "old")})
	s.source("UPDATE t SET k="+k.keys[3]+" WHERE k="+k.keys[4],
		change.RowChange{Op: change.Update, Table: t, Before: row(key(4), "4", "old"), After: row(key(3), "4", "old")})
	s.source("UPDATE t SET u=NULL WHERE k="+k.keys[5],
		change.RowChange{Op: change.Update, Table: t, Before: row(key(5), "5", "old"), After: schema.Row{[]byte(key(5)), nil, []byte("old")}})
	s.source("UPDATE t SET u=5 WHERE k="+k.keys[6],
		change.RowChange{Op: change.Update, Table: t, Before: row(key(6), "6", "old"), After: row(key(6), "5", "old")})
	s.source("DELETE FROM t WHERE k="+k.keys[0],
		change.RowChange{Op: change.Delete, Table: t, Before: row(key(0), "0", "old")})
	if k.same != "" {
		s.source("UPDATE t SET k="+k.same+" WHERE k="+k.keys[2],
			change.RowChange{Op: change.Update, Table: t, Before: row(key(2), "2", "old"), After: row(strings.Trim(k.same, "'"), "2", "old")})
	}
}

// TestChangesMeetChunks makes changes at every point of a chunk's life, and
// brings them to the target at once or as late as can be.
func TestChangesMeetChunks(t *testing.T) {
	points := []string{"start", "begin", "after-select", "before-write", "mid-write", "before-commit", "after-commit"}
	for _, kind := range keyKinds {
		t.Run(kind.name, func(t *testing.T) {
			for _, at := range points {
				for _, late := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s late=%t", at, late), func(t *testing.T) {
						meet(t, kind, at, late)
					})
				}
			}
		})
	}
}

func meet(t *testing.T, kind keyKind, at string, late bool) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	rows := make([]string, 7)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%s, %d, 'old')", kind.keys[i], i)
	}
	l := newLab(t, pair, kind.create(), "INSERT INTO t VALUES "+strings.Join(rows, ","))
	table, _ := l.registry.Table(schema.Name{Schema: pair.Database, Table: "t"})
	s := &fakeStream{t: t, l: l}
	var once, pump sync.Once
	var deliveries sync.WaitGroup
	stop := make(chan struct{})
	hook := func(point string) {
		if point == at {
			once.Do(func() {
				kind.burst(s, table)
				// While a chunk is written the stream waits, so it must not be waited for.
				writing := point != "begin" && point != "after-select"
				if !late && !writing {
					s.deliver()
				} else if writing {
					deliveries.Go(s.deliver)
				}
			})
		}
		if point == "after-select" {
			// The chunk waits for the stream from here on.
			pump.Do(func() { deliveries.Go(func() { s.pump(stop) }) })
		}
	}
	l.change = func(cfg *copier.Config) { cfg.Hook, cfg.Workers = hook, 1 }
	s.c = l.prepare()
	if at == "start" {
		kind.burst(s, table)
		if !late {
			s.deliver()
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := s.c.Run(ctx)
	close(stop)
	deliveries.Wait()
	if err != nil {
		t.Fatal(err)
	}
	s.deliver()
	l.requireEqual()
}

// TestKilledChunkIsCopiedAgain ends the copy at every point of a chunk's life,
// with changes under way, and goes on with a new copier.
func TestKilledChunkIsCopiedAgain(t *testing.T) {
	for _, kind := range keyKinds[:2] {
		for _, at := range []string{"begin", "after-select", "before-write", "mid-write", "before-commit", "after-commit"} {
			t.Run(kind.name+" "+at, func(t *testing.T) { killAt(t, kind, at) })
		}
	}
}

var errKilled = errors.New("killed by the test")

func killAt(t *testing.T, kind keyKind, at string) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	rows := make([]string, 7)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%s, %d, 'old')", kind.keys[i], i)
	}
	l := newLab(t, pair, kind.create(), "INSERT INTO t VALUES "+strings.Join(rows, ","))
	table, _ := l.registry.Table(schema.Name{Schema: pair.Database, Table: "t"})
	s := &fakeStream{t: t, l: l}
	ctx, kill := context.WithCancelCause(t.Context())
	defer kill(nil)
	var deliveries sync.WaitGroup
	var once, pump sync.Once
	stop := make(chan struct{})
	l.change = func(cfg *copier.Config) {
		cfg.Workers = 1
		cfg.Hook = func(point string) {
			if point == "begin" {
				once.Do(func() { kind.burst(s, table); s.deliver() })
			}
			if point == at {
				kill(errKilled)
			}
			if point == "after-select" {
				pump.Do(func() { deliveries.Go(func() { s.pump(stop) }) })
			}
		}
	}
	s.c = l.prepare()
	err := s.c.Run(ctx)
	close(stop)
	deliveries.Wait()
	if !errors.Is(err, errKilled) && at != "after-commit" {
		t.Fatalf("run: %v, want it killed", err)
	}
	// What is left of the transaction that was cut off must be gone before the
	// range is cleared; the checkpoint's owner fences it.
	l.change = nil
	s.c = l.prepare()
	done := make(chan error, 1)
	go func() { done <- s.c.Run(t.Context()) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			s.deliver()
			l.requireEqual()
			return
		case <-time.After(5 * time.Millisecond):
			s.deliver()
		}
	}
}
