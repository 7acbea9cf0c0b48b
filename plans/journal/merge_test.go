package journal

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func steps(run string, n int) []Event {
	var list []Event
	for range n {
		list = append(list, Event{Run: run, Kind: Note, Step: "a/b"})
	}
	return list
}

func TestMerge(t *testing.T) {
	t.Parallel()
	long := chainOf(t, steps("r", 5)...)
	first := func(n int) Chain { return Chain{Entries: long.Entries[:n]} }
	torn := first(3)
	torn.Torn = &Torn{Line: 4, Bytes: 10}
	broken := func(n, lines int) error { return &BrokenError{Copy: "file", Line: n + 1, Lines: lines, Why: "x"} }
	for name, test := range map[string]struct {
		copies  []Copy
		entries int
		from    string
		behind  map[string]int
		torn    map[string]Torn
		unread  []string
	}{
		"all alike":        {[]Copy{{Name: "file", Chain: first(2)}, {Name: "source", Chain: first(2)}}, 2, "file", nil, nil, nil},
		"nothing yet":      {[]Copy{{Name: "file"}, {Name: "source"}}, 0, "", nil, nil, nil},
		"the longest wins": {[]Copy{{Name: "file", Chain: first(2)}, {Name: "source", Chain: first(5)}, {Name: "target"}}, 5, "source", map[string]int{"file": 2, "target": 0}, nil, nil},
		"torn":             {[]Copy{{Name: "file", Chain: torn}, {Name: "source", Chain: first(4)}}, 4, "source", map[string]int{"file": 3}, map[string]Torn{"file": {4, 10}}, nil},
		"any one is enough": {[]Copy{{Name: "file", Err: errors.New("gone")}, {Name: "source", Err: errors.New("away")}, {Name: "target", Chain: first(3)}},
			3, "target", nil, nil, []string{"file", "source"}},
		"broken, but known elsewhere": {[]Copy{{Name: "file", Chain: first(2), Err: broken(2, 5)}, {Name: "source", Chain: first(5)}},
			5, "source", nil, nil, []string{"file"}},
		"broken, and as long": {[]Copy{{Name: "file", Chain: first(2), Err: broken(2, 2)}, {Name: "source", Chain: first(2)}}, 2, "source", nil, nil, []string{"file"}},
	} {
		m, err := Merge(test.copies...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(m.Chain.Entries) != test.entries || m.From != test.from {
			t.Errorf("%s: %d entries from %q", name, len(m.Chain.Entries), m.From)
		}
		if test.behind == nil {
			test.behind = map[string]int{}
		}
		if test.torn == nil {
			test.torn = map[string]Torn{}
		}
		if diff := cmp.Diff(test.behind, m.Behind); diff != "" {
			t.Errorf("%s: behind -want +got\n%s", name, diff)
		}
		if diff := cmp.Diff(test.torn, m.Torn); diff != "" {
			t.Errorf("%s: torn -want +got\n%s", name, diff)
		}
		if len(m.Unread) != len(test.unread) {
			t.Errorf("%s: unread are %v", name, m.Unread)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	a := chainOf(t, steps("r", 5)...)
	// The same beginning, and then another runner.
	b := Chain{Entries: a.Entries[:3:3]}
	for range 3 {
		e, err := Seal(b.Last(), noon, Event{Run: "s", Kind: Note})
		if err != nil {
			t.Fatal(err)
		}
		b.Entries = append(b.Entries, e)
	}
	_, err := Merge(Copy{Name: "file", Chain: a}, Copy{Name: "source", Chain: b})
	var fork *ForkError
	if !errors.As(err, &fork) {
		t.Fatalf("error is %v", err)
	}
	if fork.Seq != 4 || fork.A != "source" || fork.B != "file" || fork.Head[0].Hash != b.Last().Hash || fork.Head[1].Hash != a.Last().Hash {
		t.Errorf("the fork is %+v", fork)
	}
	// Also where no copy is longer.
	if _, err := Merge(Copy{Name: "file", Chain: a}, Copy{Name: "source", Chain: Chain{Entries: b.Entries[:5]}}); !errors.As(err, &fork) {
		t.Errorf("error is %v", err)
	}

	broken := &BrokenError{Copy: "file", Line: 3, Lines: 5, Why: "x"}
	_, err = Merge(Copy{Name: "file", Chain: Chain{Entries: a.Entries[:2]}, Err: broken}, Copy{Name: "source", Chain: Chain{Entries: a.Entries[:4]}})
	var lost *LostError
	if !errors.As(err, &lost) || lost.Has != 4 || lost.Lines != 5 || !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
	if _, err := Merge(Copy{Name: "file", Err: errors.New("gone")}); !errors.Is(err, ErrNoCopy) {
		t.Errorf("error is %v", err)
	}
	if _, err := Merge(); !errors.Is(err, ErrNoCopy) {
		t.Errorf("error is %v", err)
	}
}

// TestMergeOfAnything merges copies that are each cut off or damaged anywhere:
// what comes out is the true chain as far as any whole copy had it, or an error.
func TestMergeOfAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		truth := chainOf(t, someEvents(1).Draw(t, "events")...)
		longest := 0
		var copies []Copy
		for _, name := range []string{"file", "source", "target"} {
			data := bytesOf(truth)
			data = data[:rapid.IntRange(0, len(data)).Draw(t, "bytes")]
			if len(data) > 0 && rapid.IntRange(0, 3).Draw(t, "damage") == 0 {
				data[rapid.IntRange(0, len(data)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			}
			chain, err := Parse(data)
			if err == nil {
				longest = max(longest, len(chain.Entries))
			}
			copies = append(copies, Copy{Name: name, Chain: chain, Err: err})
		}
		m, err := Merge(copies...)
		var lost *LostError
		if errors.As(err, &lost) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := len(m.Chain.Entries); n < longest {
			t.Fatalf("%d entries, but a whole copy has %d", n, longest)
		}
		if diff := cmp.Diff(truth.Entries[:len(m.Chain.Entries)], m.Chain.Entries, ignoreLine); len(m.Chain.Entries) > 0 && diff != "" {
			t.Fatalf("-written +merged\n%s", diff)
		}
	})
}
