package touched_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"tandem/cmd/internal/touched"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

// TestSessionFollowsTheLog lets a session compare, three times, what the source's
// log says was touched, with a statement that changes the table in between.
func TestSessionFollowsTheLog(t *testing.T) {
	t.Parallel()
	for version, shared := range map[string]func(testing.TB) *sandboxtest.SharedPair{"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			l := newFeedLab(t, shared(t))
			s, err := verify.OpenTouched(t.Context(), l.cfg, verify.Followers{Source: l.changes})
			if err != nil {
				t.Fatal(err)
			}
			compare := func(want verify.Counts) {
				t.Helper()
				began := time.Now()
				r, err := s.Compare(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%d rows in %v: %s", r.Totals.Rows, time.Since(began), r.Outcome)
				if r.Totals.Counts != want || r.Totals.Skipped > 0 {
					t.Errorf("%+v, want %+v", r.Totals, want)
				}
			}
			compare(verify.Counts{})
			l.both("UPDATE a SET v=v+1 WHERE id<=1000")
			compare(verify.Counts{})
			l.both("UPDATE a SET v=v+1 WHERE id<=1000")
			sandboxtest.Exec(t, l.target, "UPDATE a SET v=0 WHERE id=500")
			compare(verify.Counts{Different: 1})
			compare(verify.Counts{Different: 1})
			sandboxtest.Exec(t, l.target, "UPDATE a SET v=502 WHERE id=500")
			compare(verify.Counts{})
			l.both("ALTER TABLE a ADD w INT NOT NULL DEFAULT 7")
			l.both("UPDATE a SET w=8 WHERE id=3", "DELETE FROM a WHERE id=4")
			sandboxtest.Exec(t, l.target, "UPDATE a SET w=9 WHERE id=1900")
			compare(verify.Counts{Different: 1})
			sandboxtest.Exec(t, l.target, "UPDATE a SET w=7 WHERE id=1900", "INSERT INTO a VALUES (4,4,4)")
			compare(verify.Counts{Extra: 1})
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// BenchmarkSession times the comparison that a handover waits for, with the rows'
// keys read from the source's log.
func BenchmarkSession(b *testing.B) {
	l := newFeedLab(b, sandboxtest.Shared(b))
	s, err := verify.OpenTouched(b.Context(), l.cfg, verify.Followers{Source: l.changes})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		b.StopTimer()
		l.both("UPDATE a SET v=v+1 WHERE id<=1000")
		b.StartTimer()
		if r, err := s.Compare(b.Context()); err != nil || r.Outcome != verify.Equal {
			b.Fatal(r, err)
		}
	}
}

// newFeedLab makes a table of 2,000 rows on both sides that are proven equal.
func newFeedLab(t testing.TB, pair *sandboxtest.SharedPair) *feedLab {
	t.Helper()
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Target, ""), "CREATE DATABASE `"+pair.Database+"`")
	l := &feedLab{t: t, source: pair.SourceDB(t), target: pair.TargetDB(t)}
	insert := "INSERT INTO a VALUES (1,1)"
	for i := 2; i <= 2000; i++ {
		insert += fmt.Sprintf(",(%d,%d)", i, i)
	}
	l.both("CREATE TABLE a (id INT PRIMARY KEY, v INT)", insert)
	wanted := func(n schema.Name) bool { return n.Schema == pair.Database }
	l.cfg = verify.Config{Migration: pair.Database, Source: endpoint("source", pair.Source), Target: endpoint("target", pair.Target), Tables: wanted, Fresh: true}
	if r, err := verify.Run(t.Context(), l.cfg); err != nil || r.Outcome != verify.Equal {
		t.Fatalf("%v %v", r, err)
	}
	l.changes = &touched.Changes{Server: l.cfg.Source, ServerID: 4713, Tables: wanted, SpoolDir: t.TempDir()}
	return l
}

type feedLab struct {
	t              testing.TB
	source, target *sql.DB
	cfg            verify.Config
	changes        *touched.Changes
}

func (l *feedLab) both(statements ...string) {
	l.t.Helper()
	sandboxtest.Exec(l.t, l.source, statements...)
	sandboxtest.Exec(l.t, l.target, statements...)
}
