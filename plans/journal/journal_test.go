package journal

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// flaky is a store in memory that can be away, and that can lose its answers.
type flaky struct {
	chain      Chain
	away       bool
	loseAnswer bool
}

var errAway = errors.New("away")

func (f *flaky) Read(context.Context) (Chain, error) {
	if f.away {
		return Chain{}, errAway
	}
	return f.chain, nil
}

func (f *flaky) Append(_ context.Context, e Entry) error {
	if f.away {
		return errAway
	}
	var same *Entry
	if e.Seq <= uint64(len(f.chain.Entries)) {
		same = &f.chain.Entries[e.Seq-1]
	}
	already, err := place("flaky", f.chain.Last(), same, e)
	if err != nil || already {
		return err
	}
	f.chain.Entries = append(f.chain.Entries, e)
	if f.loseAnswer {
		f.loseAnswer = false
		return errors.New("the answer is lost")
	}
	return nil
}

func open(t *testing.T, log *strings.Builder, copies ...Named) (*Journal, Merged) {
	t.Helper()
	j, m, err := Open(t.Context(), slog.New(slog.NewTextHandler(log, nil)), func() time.Time { return noon }, copies...)
	if err != nil {
		t.Fatal(err)
	}
	return j, m
}

func note(t *testing.T, j *Journal, step string) {
	t.Helper()
	if _, err := j.Record(t.Context(), Event{Run: "r", Kind: Note, Step: step}); err != nil {
		t.Fatal(err)
	}
}

func stepsOf(c Chain) []string {
	var list []string
	for _, e := range c.Entries {
		list = append(list, e.Step)
	}
	return list
}

// TestRecord goes on with any one copy, and brings the others up to date when
// they are back.
func TestRecord(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	source, target := &flaky{}, &flaky{}
	file := NewFile(filepath.Join(t.TempDir(), "journal.jsonl"))
	copies := []Named{{"file", file}, {"source", source}, {"target", target}}
	j, _ := open(t, &log, copies...)
	note(t, j, "1")
	source.away = true
	note(t, j, "2")
	note(t, j, "3")
	if got := strings.Count(log.String(), "can not be written"); got != 1 {
		t.Errorf("the copy that is away was logged %d times:\n%s", got, log.String())
	}
	source.away = false
	target.loseAnswer = true
	note(t, j, "4") // target has it, and nobody knows
	note(t, j, "5")
	want := []string{"1", "2", "3", "4", "5"}
	fromFile, err := file.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Chain{"journal": j.Chain(), "file": fromFile, "source": source.chain, "target": target.chain} {
		if diff := cmp.Diff(want, stepsOf(c)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	// Another machine has neither the file nor the source.
	source.away = true
	other, m := open(t, &log, Named{"file", NewFile(filepath.Join(t.TempDir(), "j"))}, copies[1], copies[2])
	if diff := cmp.Diff(want, stepsOf(other.Chain())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if m.From != "target" || m.Behind["file"] != 0 || !errors.Is(m.Unread["source"], errAway) {
		t.Errorf("merged is %+v", m)
	}
	note(t, other, "6")
	source.away = false
	if err := other.Sync(t.Context()); err != nil || len(source.chain.Entries) != 6 {
		t.Errorf("the source has %d entries, %v", len(source.chain.Entries), err)
	}
}

// TestRecordNowhere keeps the place of an event that may or may not have been
// written: sealing another one in its place would be a fork of our own.
func TestRecordNowhere(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	only := &flaky{}
	j, _ := open(t, &log, Named{"only", only})
	note(t, j, "1")
	only.loseAnswer = true
	if _, err := j.Record(t.Context(), Event{Run: "r", Kind: Note, Step: "2"}); err == nil {
		t.Fatal("no error though nobody has confirmed it")
	}
	only.away = true
	if _, err := j.Record(t.Context(), Event{Run: "r", Kind: Note, Step: "3"}); !errors.Is(err, errAway) {
		t.Fatalf("error is %v", err)
	}
	only.away = false
	note(t, j, "4")
	if diff := cmp.Diff([]string{"1", "2", "3", "4"}, stepsOf(only.chain)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestTwoRunners lets the one that comes second know, even if it can still
// write other copies.
func TestTwoRunners(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	shared, own := &flaky{}, &flaky{}
	first, _ := open(t, &log, Named{"shared", shared})
	note(t, first, "1")
	second, _ := open(t, &log, Named{"own", own}, Named{"shared", shared})
	note(t, first, "2")
	if _, err := second.Record(t.Context(), Event{Run: "s", Kind: Note}); !forked(err) {
		t.Errorf("error is %v", err)
	}
	// The same when the copy was away in between, and must be read again.
	shared.away = true
	third, _ := open(t, &log, Named{"own", &flaky{chain: Chain{Entries: shared.chain.Entries[:1:1]}}}, Named{"shared", shared})
	shared.away = false
	for range 2 {
		if _, err := third.Record(t.Context(), Event{Run: "s", Kind: Note}); !forked(err) {
			t.Errorf("error is %v", err)
		}
	}
	if _, err := third.Record(context.Background(), Event{Run: "s", Kind: "x"}); err == nil {
		t.Error("an unknown kind is recorded")
	}
}
