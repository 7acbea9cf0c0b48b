package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"
)

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs", "journal.jsonl")
	f := NewFile(path)
	if c, err := f.Read(t.Context()); err != nil || len(c.Entries) != 0 {
		t.Fatalf("a file that is not there: %v, %v", c, err)
	}
	want := chainOf(t, steps("r", 4)...)
	for _, e := range want.Entries[:3] {
		if err := f.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	// The same again does nothing; what does not follow is refused.
	if err := f.Append(t.Context(), want.Entries[2]); err != nil {
		t.Errorf("the last entry again: %v", err)
	}
	other := chainOf(t, steps("s", 5)...)
	var step *OutOfStepError
	for name, test := range map[string]struct {
		entry Entry
		fork  bool
	}{
		"one that leaves a gap":         {other.Entries[4], false},
		"another third one":             {other.Entries[2], true},
		"a fourth one of another chain": {other.Entries[3], true},
	} {
		if err := f.Append(t.Context(), test.entry); !errors.As(err, &step) || step.Fork != test.fork {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the journal: %v %v", info.Mode(), err)
	}
	same(t, path, Chain{Entries: want.Entries[:3]})
}

func same(t *testing.T, path string, want Chain) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytesOf(want)), string(data)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestFileAfterPowerLoss cuts the last line off everywhere, and goes on.
func TestFileAfterPowerLoss(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := chainOf(t, steps("r", 3)...)
	whole := bytesOf(want)
	start := len(bytesOf(Chain{Entries: want.Entries[:2]}))
	for _, cutAt := range []int{start, start + 1, (start + len(whole)) / 2, len(whole) - 1} {
		for _, zeros := range []int{0, 700} {
			path := filepath.Join(dir, "journal.jsonl")
			data := append(append([]byte{}, whole[:cutAt]...), make([]byte, zeros)...)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			f := NewFile(path)
			c, err := f.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if torn := len(data) > start; torn != (c.Torn != nil) || len(c.Entries) != 2 {
				t.Fatalf("cut at %d with %d zeros: torn %v, %d entries", cutAt, zeros, c.Torn, len(c.Entries))
			}
			if err := f.Append(t.Context(), want.Entries[2]); err != nil {
				t.Fatal(err)
			}
			same(t, path, want)
		}
	}
}

func TestDamagedFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	c := chainOf(t, steps("r", 3)...)
	data := bytesOf(c)
	data[10] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	next, err := Seal(c.Last(), noon, steps("r", 1)[0])
	if err != nil {
		t.Fatal(err)
	}
	var broken *BrokenError
	if err := NewFile(path).Append(t.Context(), next); !errors.As(err, &broken) || broken.Line != 1 || broken.Copy != path {
		t.Errorf("error is %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(data) {
		t.Errorf("the evidence was changed: %v", err)
	}
}

// TestLockedFile waits for somebody who never finishes as long as the caller.
func TestLockedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := chainOf(t, steps("r", 1)...)
	if err := NewFile(path).Append(ctx, c.Entries[0]); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

// TestTwoRunnersOneFile lets two runners add the next entry at the same time.
func TestTwoRunnersOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	begin := chainOf(t, steps("r", 1)...)
	if err := NewFile(path).Append(t.Context(), begin.Entries[0]); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 8)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			e, err := Seal(begin.Last(), noon, Event{Run: string(rune('a' + i)), Kind: Note})
			if err == nil {
				err = NewFile(path).Append(t.Context(), e)
			}
			errs[i] = err
		})
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		var step *OutOfStepError
		switch {
		case err == nil:
			won++
		case !errors.As(err, &step) || !step.Fork:
			t.Error(err)
		}
	}
	if c, err := NewFile(path).Read(t.Context()); won != 1 || err != nil || len(c.Entries) != 2 {
		t.Errorf("%d have won, the file has %d entries (%v)", won, len(c.Entries), err)
	}
}
