package verify_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

// numbered makes a table with the numbers up to n.
func numbered(name string, n string) []string {
	return []string{
		"CREATE TABLE " + name + " (id INT PRIMARY KEY, v VARCHAR(200))",
		"INSERT INTO " + name + " WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<" + n + ") SELECT n, REPEAT(CHAR(65+n%26), 150) FROM i",
	}
}

// TestInterruptedRunGoesOn stops a run at several moments and starts it again.
func TestInterruptedRunGoesOn(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), slices.Concat(numbered("a", "40000"), numbered("b", "20000"))...)
	l.onTarget("UPDATE a SET v='x' WHERE id=7", "DELETE FROM a WHERE id=39999", "DELETE FROM b WHERE id=5")
	want := []string{"a different 7 v:" + strings.Repeat("H", 150) + "/x", "a missing 39999", "b missing 5"}
	stop := errors.New("stopped")
	life := func(chunks int64, change ...func(*verify.Config)) (done int64, r *verify.Report, err error) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		var n atomic.Int64
		cfg := l.config()
		cfg.Fresh, cfg.Workers, cfg.ChunkBytes, cfg.Method = false, 1, 128<<10, verify.Stream
		cfg.Hook = func(point string) {
			if point == "chunk" && n.Add(1) == chunks {
				cancel(stop)
			}
		}
		for _, c := range change {
			c(&cfg)
		}
		r, err = verify.Run(ctx, cfg)
		return n.Load(), r, err
	}
	all, r, err := life(-1)
	if err != nil || all < 30 {
		t.Fatalf("%d chunks, %v", all, err)
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Error(d)
	}
	total := int64(0)
	for range 4 {
		n, _, err := life(all / 6)
		if !errors.Is(err, stop) {
			t.Fatalf("stopped run: %v", err)
		}
		total += n
	}
	n, r, err := life(-1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d chunks at once, %d in five lives", all, total+n)
	// Every life may repeat its last chunk and those with differences.
	if total+n > all+4*4 {
		t.Errorf("%d chunks were compared in five lives, %d in one", total+n, all)
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Error(d)
	}
	if r.Totals.Rows != 60000 {
		t.Errorf("%d rows", r.Totals.Rows)
	}
	// A run that ended is not gone on with.
	if n, _, err := life(-1); err != nil || n < all-5 {
		t.Errorf("after the end: %d chunks of %d, %v", n, all, err)
	}
	// Nor is one of other tables.
	if _, _, err := life(all / 2); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	n, r, err = life(-1, func(c *verify.Config) {
		inner := c.Tables
		c.Tables = func(n schema.Name) bool { return inner(n) && n.Table == "a" }
	})
	if err != nil || r.Totals.Rows != 40000 || n < 15 {
		t.Errorf("with other tables: %d chunks, %v", n, err)
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), numbered("a", "40000")...)
	chunks := func(share float64) (*verify.Report, int64) {
		r := l.run(func(c *verify.Config) { c.Sample, c.ChunkBytes, c.Method = share, 128<<10, verify.Stream })
		return r, r.Totals.Rows
	}
	r, half := chunks(0.5)
	if r.Mode != "sample" || r.Outcome != verify.Equal || half < 8_000 || half > 32_000 {
		t.Errorf("%s %s, %d rows", r.Mode, r.Outcome, half)
	}
	if _, few := chunks(0.05); few == 0 || few >= half {
		t.Errorf("%d rows", few)
	}
}

func TestWhatIsProvenIsKept(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), slices.Concat(numbered("a", "10"), numbered("b", "10"), []string{"CREATE TABLE c (id INT PRIMARY KEY)"})...)
	l.onTarget("DELETE FROM b WHERE id<3", "ALTER TABLE c ADD v INT")
	r := l.run()
	proven, err := verify.ReadVerified(t.Context(), l.target, l.pair.Database)
	if err != nil {
		t.Fatal(err)
	}
	if len(proven) != 2 || proven[0].Mismatches != 0 || proven[1].Mismatches != 2 || proven[1].Table.Table != "b" {
		t.Fatalf("%+v, outcome %s", proven, r.Outcome)
	}
	if proven[0].Position.IsEmpty() || proven[0].FullAt.IsZero() {
		t.Errorf("%+v", proven[0])
	}
}
