package journal

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestTable runs as the user that tandem has in the clouds.
func TestTable(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	db := sandboxtest.DB(t, pair.Source, sandbox.UserTandem, "")
	table := NewTable(db, "the source", pair.Database)
	ctx := t.Context()
	if c, err := table.Read(ctx); err != nil || len(c.Entries) != 0 {
		t.Fatalf("without the table: %v, %v", c, err)
	}
	for range 2 {
		if err := table.Create(ctx); err != nil {
			t.Fatal(err)
		}
	}
	want := chainOf(t, append(steps("r", 3), Event{Run: strings.Repeat("長", 100), Kind: StepBegun, Step: strings.Repeat("x", 300), Data: Data{"u": uint64(1 << 63), "text": "\x00'\\"}})...)
	other := chainOf(t, steps("s", 5)...)
	for _, e := range want.Entries {
		if err := table.Append(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := NewTable(db, "the source", pair.Database+"2").Append(ctx, other.Entries[0]); err != nil {
		t.Errorf("another migration: %v", err)
	}
	if err := table.Append(ctx, want.Entries[3]); err != nil {
		t.Errorf("the last entry again: %v", err)
	}
	var step *OutOfStepError
	if err := table.Append(ctx, other.Entries[3]); !errors.As(err, &step) || !step.Fork {
		t.Errorf("another fourth entry: %v", err)
	}
	if err := table.Append(ctx, other.Entries[4]); !errors.As(err, &step) || !step.Fork {
		t.Errorf("a fifth one of another chain: %v", err)
	}
	got, err := table.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, ignoreLine); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	where := fmt.Sprintf(" WHERE migration = '%s' AND seq = ", pair.Database)
	for name, test := range map[string]struct {
		change, back string
		line         int
	}{
		"a changed line":   {"UPDATE _tandem.journal SET line = REPLACE(line, 'a/b', 'a/c')" + where + "2", "UPDATE _tandem.journal SET line = REPLACE(line, 'a/c', 'a/b')" + where + "2", 2},
		"a changed column": {"UPDATE _tandem.journal SET step = 'a/c'" + where + "3", "UPDATE _tandem.journal SET step = 'a/b'" + where + "3", 3},
		"another place":    {"UPDATE _tandem.journal SET seq = 9" + where + "3", "UPDATE _tandem.journal SET seq = 3" + where + "9", 3},
	} {
		sandboxtest.Exec(t, db, test.change)
		var broken *BrokenError
		got, err := table.Read(ctx)
		if !errors.As(err, &broken) || broken.Line != test.line || broken.Lines != 4 || len(got.Entries) != test.line-1 {
			t.Errorf("%s: %d entries, error %v", name, len(got.Entries), err)
		}
		sandboxtest.Exec(t, db, test.back)
	}
	if _, err := table.Read(ctx); err != nil {
		t.Error(err)
	}
}

// TestTwoRunnersOneTable lets two runners add the next entry at the same time.
func TestTwoRunnersOneTable(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	db := sandboxtest.DB(t, pair.Target, sandbox.UserTandem, "")
	table := NewTable(db, "the target", pair.Database)
	if err := table.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	begin := chainOf(t, steps("r", 1)...)
	if err := table.Append(t.Context(), begin.Entries[0]); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 6)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			e, err := Seal(begin.Last(), noon, Event{Run: string(rune('a' + i)), Kind: Note})
			if err == nil {
				err = table.Append(t.Context(), e)
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
		case errors.As(err, &step) && step.Fork, strings.Contains(err.Error(), "Deadlock"):
		default:
			t.Error(err)
		}
	}
	if c, err := table.Read(t.Context()); won != 1 || err != nil || len(c.Entries) != 2 {
		t.Errorf("%d have won, the table has %d entries (%v)", won, len(c.Entries), err)
	}
}

// TestTablesSideBySide appends for several migrations at once: their locks meet,
// and nobody is told.
func TestTablesSideBySide(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	db := sandboxtest.DB(t, pair.Source, sandbox.UserTandem, "")
	if err := NewTable(db, "the source", pair.Database).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	for i := range 8 {
		table := NewTable(db, "the source", fmt.Sprintf("%s-%d", pair.Database, i))
		chain := chainOf(t, steps("r", 20)...)
		g.Go(func() error {
			for _, e := range chain.Entries {
				if err := table.Append(t.Context(), e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}
