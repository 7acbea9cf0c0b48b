package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

// scripted is a feed of what the test has touched.
type scripted struct {
	mu     sync.Mutex
	table  schema.Name
	queue  []chunk.Key
	closed bool
}

func (s *scripted) Follow(context.Context, change.GTIDSet) (verify.Feed, error) { return s, nil }

func (s *scripted) Keys(_ context.Context, _ change.GTIDSet, touched func(schema.Name, chunk.Key) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.queue {
		if err := touched(s.table, k); err != nil {
			return err
		}
	}
	s.queue = nil
	return nil
}

// tell lets the next one who asks know of keys.
func (s *scripted) tell(table schema.Name, keys ...chunk.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table, s.queue = table, keys
}

func (s *scripted) Close() error { s.closed = true; return nil }

// TestTouchedSession compares what is touched between two calls, and nothing else.
func TestTouchedSession(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), slices.Concat(numbered("a", "2000"), numbered("b", "10"), []string{
		"CREATE TABLE k (v INT)", "INSERT INTO k VALUES (1),(1)"})...)
	feed := &scripted{table: l.table("a")}
	if _, err := verify.OpenTouched(t.Context(), l.config(), verify.Followers{Source: feed}); !errors.Is(err, verify.ErrNothingProven) {
		t.Fatalf("before a full comparison: %v", err)
	}
	l.onTarget("UPDATE a SET v='doubtful' WHERE id=9")
	l.run()
	s, err := verify.OpenTouched(t.Context(), l.config(), verify.Followers{Source: feed})
	if err != nil {
		t.Fatal(err)
	}
	compare := func(want ...string) {
		t.Helper()
		r, err := s.Compare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, table := range r.Tables {
			for _, f := range table.Findings {
				got = append(got, table.Table+" "+string(f.Class)+" "+f.Key)
			}
			if table.Skipped != "" {
				got = append(got, table.Table+" skipped")
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if equal := len(want) == 0; equal != (r.Outcome == verify.Equal) {
			t.Errorf("outcome %s with %q", r.Outcome, got)
		}
	}
	compare("a different 9")
	l.onTarget("UPDATE a SET v=REPEAT(CHAR(65+9%26),150) WHERE id=9")
	compare()
	// A fault that nobody touches is not looked for, one that is touched stays found.
	l.onTarget("DELETE FROM a WHERE id IN (1000,1001)")
	compare()
	feed.tell(l.table("a"), ids(1, 1000)...)
	compare("a missing 1000")
	compare("a missing 1000")
	l.onTarget(fmt.Sprintf("INSERT INTO a SELECT 1000,v FROM `%s`.a WHERE id=1026", l.pair.Database))
	l.onSource(fmt.Sprintf("UPDATE a JOIN (SELECT v FROM `%s`.a WHERE id=1026) x SET a.v=x.v WHERE id=1000", l.pair.Database))
	compare()
	// A table without a key is compared as a whole.
	l.onTarget("INSERT INTO k VALUES (2)")
	feed.tell(l.table("k"), nil)
	compare("k extra " + keyless(t, s))
	l.onTarget("DELETE FROM k WHERE v=2")
	compare()
	if err := s.Close(); err != nil || !feed.closed {
		t.Errorf("closed %v, %v", feed.closed, err)
	}
	// What was never compared as a whole is not proven by a few rows.
	l.both("CREATE TABLE z (id INT PRIMARY KEY)")
	if s, err = verify.OpenTouched(t.Context(), l.config(), verify.Followers{Source: &scripted{}}); err != nil {
		t.Fatal(err)
	}
	compare("z skipped")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// keyless is how a row without a key is named.
func keyless(t *testing.T, s *verify.TouchedSession) string {
	t.Helper()
	r, err := s.Compare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range r.Tables {
		if table.Table == "k" && len(table.Findings) == 1 {
			return table.Findings[0].Key
		}
	}
	t.Fatalf("%+v", r.Tables)
	return ""
}

// TestSessionSiftsAhead wants rows that were touched to be compared before anybody
// asks, and those that were late to be equal then.
func TestSessionSiftsAhead(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), numbered("a", "2000")...)
	l.run()
	asked := make(chan struct{}, 100)
	feed := &scripted{table: l.table("a"), queue: ids(1, 2000)}
	l.onSource("UPDATE a SET v='late' WHERE id=77")
	s, err := verify.OpenTouched(t.Context(), l.config(), verify.Followers{Source: announced{feed, asked}})
	if err != nil {
		t.Fatal(err)
	}
	l.onTarget("UPDATE a SET v='late' WHERE id=77")
	for range 4 {
		select {
		case <-asked:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is read")
		}
	}
	r, err := s.Compare(t.Context())
	if err != nil || r.Outcome != verify.Equal || r.Totals.Rows > 1 {
		t.Errorf("%+v %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// announced is a feed that says when it is asked.
type announced struct {
	*scripted
	asked chan struct{}
}

func (a announced) Follow(context.Context, change.GTIDSet) (verify.Feed, error) { return a, nil }

func (a announced) Keys(ctx context.Context, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) error {
	select {
	case a.asked <- struct{}{}:
	default:
	}
	return a.scripted.Keys(ctx, until, touched)
}

// BenchmarkTouchedSession times the comparison that a handover waits for.
func BenchmarkTouchedSession(b *testing.B) {
	l := newLab(b, sandboxtest.Shared(b), numbered("a", "20000")...)
	if _, err := verify.Run(b.Context(), l.config()); err != nil {
		b.Fatal(err)
	}
	for _, rows := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			feed := &scripted{table: l.table("a")}
			s, err := verify.OpenTouched(b.Context(), l.config(), verify.Followers{Source: feed})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			for b.Loop() {
				feed.tell(l.table("a"), ids(1, rows)...)
				r, err := s.Compare(b.Context())
				if err != nil || r.Outcome != verify.Equal {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkLookUp compares rows of keys of several kinds.
func BenchmarkLookUp(b *testing.B) {
	pair := sandboxtest.Shared(b)
	l := newLab(b, pair, slices.Concat(numbered("a", "2000"), []string{
		"CREATE TABLE two (x INT, y INT, v VARCHAR(200), PRIMARY KEY (x,y))", "INSERT INTO two SELECT id%10,id,v FROM a",
		"CREATE TABLE s (k VARCHAR(40), v VARCHAR(200), PRIMARY KEY (k)) COLLATE utf8mb4_0900_ai_ci", "INSERT INTO s SELECT CONCAT('key ',id),v FROM a",
	})...)
	for name, key := range map[string]func(i int) chunk.Key{
		"a":   func(i int) chunk.Key { return chunk.Key{fmt.Append(nil, i)} },
		"two": func(i int) chunk.Key { return chunk.Key{fmt.Append(nil, i%10), fmt.Append(nil, i)} },
		"s":   func(i int) chunk.Key { return chunk.Key{fmt.Append(nil, "key ", i)} },
	} {
		var keys []chunk.Key
		for i := range 1000 {
			keys = append(keys, key(i+1))
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := verify.Touched(b.Context(), l.config(), verify.Keys(l.table(name), keys...))
				if err != nil || r.Outcome != verify.Equal || r.Totals.Rows != 1000 {
					b.Fatal(r, err)
				}
			}
		})
	}
}
