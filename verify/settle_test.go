package verify_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/verify"
)

// TestManyRowsAtRest: rows that wait for their turn are not rows that move, however
// short the time is that a row may move for.
func TestManyRowsAtRest(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), numbered("a", "12000")...)
	l.onTarget("DELETE FROM a WHERE id>2000")
	r := l.run(func(c *verify.Config) { c.Settle, c.MaxFindings = time.Millisecond, 10 })
	if c := r.Totals.Counts; c.Missing != 10_000 || c.Unresolved != 0 || r.Tables[0].Omitted != 9990 {
		t.Errorf("%+v, %d not listed", r.Totals, r.Tables[0].Omitted)
	}
}

// TestCollationOnlyBeyondTheList: the class of findings that are only counted is
// that of the others.
func TestCollationOnlyBeyondTheList(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t),
		"CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100), w TEXT) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci",
		"INSERT INTO a WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<300) SELECT n, CONCAT('Row ',n), IF(n%2,NULL,'Text') FROM i")
	l.onTarget("UPDATE a SET v=LOWER(v)", "UPDATE a SET w='TEXT ' WHERE id%2=0 AND id<=100", "UPDATE a SET v='else' WHERE id>290", "UPDATE a SET w='' WHERE id=1")
	for _, limit := range []int{5, 1000} {
		r := l.run(func(c *verify.Config) { c.MaxFindings = limit })
		if c := r.Totals.Counts; c.CollationOnly != 289 || c.Different != 11 {
			t.Errorf("with %d listed: %+v", limit, c)
		}
	}
}

// TestTwoRunsAtOnce: a run beside another one neither goes on where that is, nor
// takes away what is kept of it.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), slices.Concat(numbered("a", "20000"))...)
	var said bytes.Buffer
	inner := false
	r := l.run(func(c *verify.Config) {
		c.Fresh, c.Workers, c.ChunkBytes, c.Method = false, 1, 128<<10, verify.Stream
		n := 0
		c.Hook = func(point string) {
			if n++; point != "chunk" || n != 8 {
				return
			}
			inner = true
			r := l.run(func(c *verify.Config) {
				c.Fresh, c.Logger = false, slog.New(slog.NewTextHandler(&said, nil))
			})
			if r.Outcome != verify.Equal || r.Totals.Rows != 20000 {
				t.Errorf("beside another: %s %+v", r.Outcome, r.Totals)
			}
		}
	})
	if !inner || r.Outcome != verify.Equal || r.Totals.Rows != 20000 {
		t.Errorf("%v %s %+v", inner, r.Outcome, r.Totals)
	}
	if !strings.Contains(said.String(), "another comparison of this migration") {
		t.Errorf("said %q", said.String())
	}
}
