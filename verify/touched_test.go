package verify_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

func (l *lab) table(name string) schema.Name {
	return schema.Name{Schema: l.pair.Database, Table: name}
}

func ids(from, to int) []chunk.Key {
	var keys []chunk.Key
	for i := from; i <= to; i++ {
		keys = append(keys, chunk.Key{strconv.AppendInt(nil, int64(i), 10)})
	}
	return keys
}

func TestTouchedRowsOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), slices.Concat(numbered("a", "6000"), []string{
		"CREATE TABLE k (v INT)", "INSERT INTO k VALUES (1),(1)",
		"CREATE TABLE c (k VARCHAR(10) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT)", "INSERT INTO c VALUES ('a',1),('b',2)",
	})...)
	l.onTarget("UPDATE a SET v='x' WHERE id IN (10,6000)", "DELETE FROM a WHERE id=11", "INSERT INTO a VALUES (-1,'x')")
	touched := func(name string, keys ...chunk.Key) *verify.Report {
		r, err := verify.Touched(t.Context(), l.config(), verify.Keys(l.table(name), keys...))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	brief := func(r *verify.Report) (out []string) {
		for _, f := range r.Tables[0].Findings {
			out = append(out, string(f.Class)+" "+f.Key)
		}
		return out
	}
	began := time.Now()
	r := touched("a", append(ids(12, 5999), ids(-1, 1)...)...)
	t.Logf("%d rows in %v", r.Totals.Rows, time.Since(began))
	if d := cmp.Diff([]string{"extra -1"}, brief(r)); d != "" || r.Totals.Rows != 5989 || r.Mode != "touched" {
		t.Errorf("%s %+v", d, r.Totals)
	}
	// A key of neither side is equal, and one that comes twice counts once.
	r = touched("a", append(ids(6000, 6001), ids(10, 11)...)...)
	if d := cmp.Diff([]string{"different 10", "missing 11", "different 6000"}, brief(r)); d != "" {
		t.Error(d)
	}
	if r := touched("k", nil, nil); r.Outcome != verify.Equal || r.Totals.Rows != 2 {
		t.Errorf("%s %+v", r.Outcome, r.Totals)
	}
	l.onTarget("UPDATE c SET k='A' WHERE k='a'")
	if r := touched("c", chunk.Key{[]byte("a")}, chunk.Key{[]byte("A")}); r.Totals.CollationOnly != 1 {
		t.Errorf("%+v %v", r.Totals, lines(r))
	}
	if r := touched("missing", nil); r.Outcome != verify.Inconclusive {
		t.Errorf("a table that nobody has: %s", r.Outcome)
	}
}

// script is a fake source of changes.
type script struct {
	table schema.Name
	keys  []chunk.Key
	asked []string
}

func (s *script) Keys(_ context.Context, from, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) error {
	s.asked = append(s.asked, until.Subtract(from).String())
	for _, k := range s.keys {
		if err := touched(s.table, k); err != nil {
			return err
		}
	}
	return nil
}

func TestWhatIsTouchedIsProven(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), slices.Concat(numbered("a", "100"), numbered("b", "100"))...)
	changes := &script{table: l.table("a")}
	round := func() (*verify.Report, []verify.Verified) {
		t.Helper()
		r, err := verify.TouchedSince(t.Context(), l.config(), verify.Logs{Source: changes})
		if err != nil {
			t.Fatal(err)
		}
		v, err := verify.ReadVerified(t.Context(), l.target, l.pair.Database)
		if err != nil {
			t.Fatal(err)
		}
		return r, v
	}
	if _, err := verify.TouchedSince(t.Context(), l.config(), verify.Logs{Source: changes}); !errors.Is(err, verify.ErrNothingProven) {
		t.Fatalf("before a full comparison: %v", err)
	}
	l.onTarget("DELETE FROM a WHERE id=50")
	l.run()
	// The row that is missing stays a mismatch although nothing touches it.
	r, v := round()
	if r.Totals.Missing != 1 || v[0].Mismatches != 1 || v[1].Mismatches != 0 {
		t.Errorf("%+v %+v", r.Totals, v)
	}
	before := v[0].Position
	// Another one joins it, and both are mended.
	l.both("UPDATE a SET v='y' WHERE id=7")
	l.onTarget("UPDATE a SET v='z' WHERE id=7")
	changes.keys = ids(7, 7)
	if r, v = round(); r.Totals.Different != 1 || v[0].Mismatches != 2 || v[0].Position.Subtract(before).IsEmpty() {
		t.Errorf("%+v %+v", r.Totals, v)
	}
	changes.keys = nil
	l.onTarget("UPDATE a SET v='y' WHERE id=7", "INSERT INTO a VALUES (50, '')")
	l.both("UPDATE a SET v='' WHERE id=50")
	if r, v = round(); r.Outcome != verify.Equal || v[0].Mismatches != 0 {
		t.Errorf("%+v %+v", r.Totals, v)
	}
	if len(changes.asked) < 2 {
		t.Errorf("asked for %q", changes.asked)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), numbered("a", "100")...)
	l.run()
	changes := &script{table: l.table("a"), keys: ids(3, 5)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []int64
	err := verify.Watch(ctx, l.config(), verify.Logs{Source: changes}, func(r *verify.Report) {
		seen = append(seen, r.Totals.Different)
		switch len(seen) {
		case 1:
			l.onSource("UPDATE a SET v='new' WHERE id=4")
		case 2:
			l.onTarget("UPDATE a SET v='new' WHERE id=4")
		case 3:
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int64{0, 1, 0}, seen); d != "" {
		t.Error(d)
	}
}

// follower is a link: what it says to have applied.
type follower func() change.GTIDSet

func (f follower) Applied(context.Context) (change.GTIDSet, error) { return f(), nil }

// TestLateIsNotWrong changes rows on the source that reach the target only when
// the link is asked how far it is, and one that never does.
func TestLateIsNotWrong(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	l := newLab(t, pair, numbered("a", "1000")...)
	l.onSource("UPDATE a SET v='late' WHERE id=5", "UPDATE a SET v='lost' WHERE id=6", "DELETE FROM a WHERE id=7", "INSERT INTO a VALUES (-8,'new')")
	asked := 0
	link := follower(func() change.GTIDSet {
		if asked++; asked < 5 {
			return change.GTIDSet{}
		}
		if asked == 5 {
			l.onTarget("UPDATE a SET v='late' WHERE id=5", "DELETE FROM a WHERE id=7", "INSERT INTO a VALUES (-8,'new')")
		}
		return executedOn(t, l.source)
	})
	r := l.run(func(c *verify.Config) { c.Link = link })
	want := []string{fmt.Sprintf("a different 6 v:lost/%s", string(slices.Repeat([]byte{'G'}, 150)))}
	if d := cmp.Diff(want, lines(r)); d != "" || !r.Linked {
		t.Error(d)
	}
	// A link that does not move leaves what differs unresolved.
	r = l.run(func(c *verify.Config) {
		c.Link, c.Settle = follower(func() change.GTIDSet { return change.GTIDSet{} }), 300*time.Millisecond
	})
	if r.Outcome != verify.Inconclusive || r.Totals.Unresolved != 1 || r.Totals.Different != 0 {
		t.Errorf("%s %+v", r.Outcome, r.Totals)
	}
}

// TestMovingRowsAreUnresolved changes a row between any two looks at it.
func TestMovingRowsAreUnresolved(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), numbered("a", "100")...)
	l.onTarget("UPDATE a SET v='behind' WHERE id=9")
	n := 0
	link := follower(func() change.GTIDSet {
		n++
		l.onSource(fmt.Sprintf("UPDATE a SET v='%d' WHERE id=9", n))
		return executedOn(t, l.source)
	})
	r := l.run(func(c *verify.Config) { c.Link, c.Settle = link, 500*time.Millisecond })
	if d := cmp.Diff([]string{"a unresolved 9"}, lines(r)); d != "" || r.Outcome != verify.Inconclusive || n < 3 {
		t.Errorf("%s after %d looks %s", r.Outcome, n, d)
	}
}

func executedOn(t testing.TB, db *sql.DB) change.GTIDSet {
	var text string
	if err := db.QueryRowContext(t.Context(), "SELECT @@GLOBAL.gtid_executed").Scan(&text); err != nil {
		t.Error(err)
	}
	set, err := change.ParseGTIDSet(text)
	if err != nil {
		t.Error(err)
	}
	return set
}
