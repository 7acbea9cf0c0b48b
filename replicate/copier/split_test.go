package copier

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"tandem/internal/chunk"
)

// However chunks are cut, before and while they are read, each has a number of
// its own, in the order of the keys: that is what they are marked by.
func TestNumbersOfChunksNeverMeet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tb := &table{segments: []*segment{{ord: 1}}}
		if rapid.Bool().Draw(t, "resumed") {
			tb.segments = []*segment{
				{ord: 1, limit: 1 + rapid.Uint64Range(1, 40).Draw(t, "room")},
				{ord: 0, state: written}, {ord: 0},
			}
			tb.segments[1].ord = tb.segments[0].limit
			tb.segments[2].ord = tb.segments[1].ord + 1
		}
		for n := range rapid.IntRange(1, 200).Draw(t, "cuts") {
			s := tb.segments[rapid.IntRange(0, len(tb.segments)-1).Draw(t, "segment")]
			if s.state == written {
				continue
			}
			step := s.cutStep()
			if rapid.Bool().Draw(t, "planned") {
				step = s.planStep()
			}
			tb.split(s, chunk.Key{[]byte(strconv.Itoa(n))}, step)
		}
		for i, s := range tb.segments[1:] {
			if s.ord <= tb.segments[i].ord {
				t.Fatalf("segment %d has number %d, the one before it %d", i+1, s.ord, tb.segments[i].ord)
			}
			if before := tb.segments[i]; before.state != written && before.limit != s.ord {
				t.Fatalf("segment %d may give numbers up to %d away, the next one is %d", i, before.limit, s.ord)
			}
		}
	})
}

// A chunk that is read in vain again and again is cut shorter each time.
func TestFirstPartIsCutAgain(t *testing.T) {
	t.Parallel()
	tb := &table{segments: []*segment{{ord: 1}}}
	for n := range 7 {
		if tb.split(tb.segments[0], chunk.Key{[]byte(strconv.Itoa(100 - n))}, tb.segments[0].cutStep()) == nil {
			t.Fatalf("no number is left at cut %d", n+1)
		}
	}
}
