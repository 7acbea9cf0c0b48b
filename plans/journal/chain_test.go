package journal

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var ignoreLine = cmpopts.IgnoreUnexported(Entry{})

// noon is when the tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// chainOf seals events one after the other.
func chainOf(t interface{ Fatal(...any) }, events ...Event) Chain {
	var c Chain
	for i, e := range events {
		entry, err := Seal(c.Last(), noon.Add(time.Duration(i)*time.Second), e)
		if err != nil {
			t.Fatal(err)
		}
		c.Entries = append(c.Entries, entry)
	}
	return c
}

func bytesOf(c Chain) []byte {
	var b bytes.Buffer
	for _, e := range c.Entries {
		b.Write(e.Line())
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// someEvents draws what may be recorded, with texts of any kind.
func someEvents(atLeast int) *rapid.Generator[[]Event] {
	one := rapid.Custom(func(t *rapid.T) Event {
		e := Event{
			Run:  rapid.String().Draw(t, "run"),
			Kind: rapid.SampledFrom(Kinds()).Draw(t, "kind"),
			Step: rapid.SampledFrom([]string{"", "orders/fence", "a/b\n\"c", "日本/x", "\xff\x00"}).Draw(t, "step"),
		}
		if rapid.Bool().Draw(t, "with data") {
			e.Data = Data{
				"text": rapid.String().Draw(t, "text"), "n": rapid.Int64().Draw(t, "n"), "u": rapid.Uint64().Draw(t, "u"),
				"ok": rapid.Bool().Draw(t, "ok"), "list": rapid.SliceOf(rapid.String()).Draw(t, "list"),
			}
		}
		return e
	})
	return rapid.SliceOfN(one, atLeast, 6)
}

func TestAnyChainIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := chainOf(t, someEvents(0).Draw(t, "events")...)
		got, err := Parse(bytesOf(want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, ignoreLine); diff != "" {
			t.Fatalf("-written +read\n%s", diff)
		}
	})
}

// TestAnyPrefix cuts a journal off at any byte: what is whole is kept, what is
// not is reported, and nothing is made up.
func TestAnyPrefix(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := chainOf(t, someEvents(1).Draw(t, "events")...)
		data := bytesOf(whole)
		data = data[:rapid.IntRange(0, len(data)).Draw(t, "bytes")]
		lines := bytes.Count(data, []byte("\n"))
		got, err := Parse(data)
		if err != nil {
			t.Fatalf("%d bytes: %v", len(data), err)
		}
		if diff := cmp.Diff(whole.Entries[:lines], got.Entries, ignoreLine, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("-written +read\n%s", diff)
		}
		atEnd := len(data) == 0 || data[len(data)-1] == '\n'
		if torn := got.Torn != nil; torn == atEnd {
			t.Fatalf("torn is %v for %d bytes that end with a whole line: %v", got.Torn, len(data), atEnd)
		}
	})
}

// TestAnyTornWrite lets the last line be written in part, in any order of its
// blocks: what was not written is zero.
func TestAnyTornWrite(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := chainOf(t, someEvents(1).Draw(t, "events")...)
		before := bytesOf(Chain{Entries: whole.Entries[:len(whole.Entries)-1]})
		data := bytesOf(whole)
		block := rapid.IntRange(1, 64).Draw(t, "block")
		missing := 0
		for at := len(before); at < len(data); at += block {
			if rapid.Bool().Draw(t, "written") {
				continue
			}
			for i := at; i < min(at+block, len(data)); i++ {
				data[i] = 0
				missing++
			}
		}
		got, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		want := len(whole.Entries)
		if missing > 0 {
			want--
		}
		if len(got.Entries) != want || (got.Torn != nil) != (missing > 0) {
			t.Fatalf("%d entries, torn %v; %d bytes were not written", len(got.Entries), got.Torn, missing)
		}
	})
}

// TestAnyBitFlip turns one bit over, anywhere.
func TestAnyBitFlip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := chainOf(t, someEvents(1).Draw(t, "events")...)
		data := bytesOf(whole)
		at := rapid.IntRange(0, len(data)-1).Draw(t, "byte")
		flipIsSeen(t, whole, data, at, rapid.IntRange(0, 7).Draw(t, "bit"))
	})
}

// TestEveryBitFlip turns each bit of a small journal over, one after the other.
func TestEveryBitFlip(t *testing.T) {
	t.Parallel()
	whole := chainOf(t, Event{Run: "r", Kind: RunBegun, Data: Data{"n": 7}}, Event{Run: "r", Kind: Note, Step: "a b@c"}, Event{Run: "r", Kind: RunEnded})
	data := bytesOf(whole)
	for at := range data {
		for bit := range 8 {
			flipIsSeen(t, whole, bytes.Clone(data), at, bit)
		}
	}
}

func flipIsSeen(t interface{ Fatalf(string, ...any) }, whole Chain, data []byte, at, bit int) {
	line := bytes.Count(data[:at], []byte("\n"))
	data[at] ^= 1 << bit
	got, err := Parse(data)
	if err == nil && got.Torn == nil {
		t.Fatalf("bit %d of byte %d was turned over and not seen", bit, at)
	}
	if len(got.Entries) > line {
		t.Fatalf("bit %d of byte %d, in line %d: %d entries were read", bit, at, line+1, len(got.Entries))
	}
	var broken *BrokenError
	if errors.As(err, &broken) && broken.Line != line+1 {
		t.Fatalf("bit %d of byte %d: the bad line is %d, not %d", bit, at, broken.Line, line+1)
	}
	if diff := cmp.Diff(whole.Entries[:len(got.Entries)], got.Entries, ignoreLine, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("-written +read\n%s", diff)
	}
}

func TestLinesOutOfPlace(t *testing.T) {
	t.Parallel()
	c := chainOf(t, Event{Run: "r", Kind: RunBegun}, Event{Run: "r", Kind: Note, Step: "a"}, Event{Run: "r", Kind: Note, Step: "b"}, Event{Run: "r", Kind: RunEnded})
	other := chainOf(t, Event{Run: "s", Kind: RunBegun}, Event{Run: "s", Kind: Note, Step: "a"})
	e := c.Entries
	for name, test := range map[string]struct {
		entries []Entry
		line    int
		why     string
	}{
		"one is left out":       {[]Entry{e[0], e[2], e[3]}, 2, "has the number 3 where 2 is due: lines are missing, repeated or in another order"},
		"the first is left out": {[]Entry{e[1]}, 1, "has the number 2 where 1 is due: lines are missing, repeated or in another order"},
		"two are swapped":       {[]Entry{e[0], e[2], e[1], e[3]}, 2, "has the number 3 where 2 is due: lines are missing, repeated or in another order"},
		"one is there twice":    {[]Entry{e[0], e[1], e[1]}, 3, "has the number 2 where 3 is due: lines are missing, repeated or in another order"},
		"one of another chain":  {[]Entry{e[0], other.Entries[1]}, 2, "does not follow the line before it"},
	} {
		got, err := Parse(bytesOf(Chain{Entries: test.entries}))
		want := &BrokenError{Line: test.line, Why: test.why, Lines: len(test.entries)}
		var broken *BrokenError
		if !errors.As(err, &broken) {
			t.Errorf("%s: error is %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, broken); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		if len(got.Entries) != test.line-1 {
			t.Errorf("%s: %d entries were read", name, len(got.Entries))
		}
	}
	if _, err := Parse([]byte("\n")); err == nil {
		t.Error("an empty line is read")
	}
}

func TestALine(t *testing.T) {
	t.Parallel()
	c := chainOf(t, Event{Run: "r1", Kind: StepBegun, Step: "orders/fence", Data: Data{"owner": "source", "epoch": uint64(3)}})
	want := `{"v":1,"seq":1,"time":"2026-03-01T12:00:00.123456Z","run":"r1","kind":"step begun","step":"orders/fence","data":{"epoch":3,"owner":"source"},"prev":"` + Origin + `"`
	want += fmt.Sprintf(`,"hash":"%s"}`, hashOf([]byte(want)))
	if diff := cmp.Diff(want, string(c.Entries[0].Line())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := Seal(Entry{}, noon, Event{Run: "r", Kind: "step finished"}); err == nil {
		t.Error("an unknown kind is recorded")
	}
}

func TestRunAndLast(t *testing.T) {
	t.Parallel()
	c := chainOf(t, Event{Run: "a", Kind: RunBegun}, Event{Run: "b", Kind: RunBegun}, Event{Run: "a", Kind: RunEnded})
	if got := c.Run("a"); len(got) != 2 || got[1].Kind != RunEnded {
		t.Errorf("entries of run a are %v", got)
	}
	if c.Last().Seq != 3 || (Chain{}).Last().Seq != 0 {
		t.Error("the last entry is another one")
	}
}
