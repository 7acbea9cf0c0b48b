package rehearsal

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/cloud"
	"tandem/plans/journal"
)

// fakeClones keeps clones by name. Each fault is the error of one call; lost are
// done all the same.
type fakeClones struct {
	mu     sync.Mutex
	there  map[string]cloud.Clone
	made   int
	faults []error
	lost   bool
	// late clones have no tags before they serve; wanted are those asked for.
	late   bool
	wanted map[string]string
	// asked is called with each name that is asked for.
	asked func(string)
}

func (f *fakeClones) fault() error {
	if len(f.faults) == 0 {
		return nil
	}
	err := f.faults[0]
	f.faults = f.faults[1:]
	return err
}

func (f *fakeClones) Begin(_ context.Context, name string, tags map[string]string) (cloud.Clone, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked != nil {
		f.asked(name)
	}
	err := f.fault()
	if err != nil && !f.lost {
		return cloud.Clone{}, err
	}
	if _, is := f.there[name]; !is {
		f.made++
		c := cloud.Clone{Name: name, Tags: tags, Status: "creating"}
		if f.late {
			c.Tags = nil
		}
		f.there[name] = c
	}
	if f.late {
		f.wanted = tags
	}
	return f.there[name], err
}

func (f *fakeClones) Wait(_ context.Context, name string, progress func(cloud.Clone)) (cloud.Clone, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fault(); err != nil {
		return cloud.Clone{}, err
	}
	c := f.there[name]
	if c.Name == "" {
		return c, cloud.ErrNotFound
	}
	if progress != nil {
		progress(c)
	}
	if f.wanted != nil {
		c.Tags = f.wanted
	}
	c.Ready = true
	f.there[name] = c
	return c, nil
}

func (f *fakeClones) List(_ context.Context, tags map[string]string) (list []cloud.Clone, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.there {
		if c.Tags[TagMigration] == tags[TagMigration] {
			list = append(list, c)
		}
	}
	return list, nil
}

func (f *fakeClones) Remove(_ context.Context, name string, tags map[string]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fault(); err != nil {
		return err
	}
	if c, is := f.there[name]; is && c.Tags[TagMigration] != tags[TagMigration] {
		return errors.New("it lacks the tags, and is left alone")
	}
	delete(f.there, name)
	return nil
}

func setup(t *testing.T) (*Clones, *fakeClones, *fakeClones, *journal.File) {
	t.Helper()
	file := journal.NewFile(filepath.Join(t.TempDir(), "ledger.jsonl"))
	ledger, _, err := journal.Open(t.Context(), slog.New(slog.DiscardHandler), time.Now, journal.Named{Name: "ledger", Store: file})
	if err != nil {
		t.Fatal(err)
	}
	source, target := &fakeClones{there: map[string]cloud.Clone{}}, &fakeClones{there: map[string]cloud.Clone{}}
	return &Clones{Run: "r1", Migration: "courier", Sides: map[string]cloud.Clones{"source": source, "target": target},
		Ledger: ledger, Say: func(string) {}, Again: time.Millisecond}, source, target, file
}

func leftovers(t *testing.T, c *Clones, file *journal.File) []Left {
	t.Helper()
	chain, err := file.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := Leftovers(t.Context(), c.Sides, "courier", chain)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Whatever happens to the calls, each clone is made once, and all are removed.
func TestClones(t *testing.T) {
	t.Parallel()
	busy := []error{cloud.ErrBusy, errors.New("503")}
	for name, set := range map[string]func(source, target *fakeClones){
		"fine":      func(_, _ *fakeClones) {},
		"throttled": func(s, _ *fakeClones) { s.faults = busy },
		"lost":      func(s, t *fakeClones) { s.faults, s.lost, t.faults, t.lost = busy, true, busy, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, source, target, file := setup(t)
			set(source, target)
			// The ledger knows the name before the cloud does.
			target.asked = func(name string) {
				if chain, err := file.Read(t.Context()); err != nil || len(chain.Entries) != 1 || chain.Entries[0].Data["target_clone"] != name {
					t.Errorf("the ledger has %v, %v", chain.Entries, err)
				}
			}
			made, err := c.Make(t.Context())
			if err != nil || len(made) != 2 || !made["target"].Ready || source.made+target.made != 2 {
				t.Fatalf("%v, %v, %d and %d made", made, err, source.made, target.made)
			}
			want := []Left{{"source", "tandem-rehearsal-r1", "r1", "creating"}, {"target", "tandem-rehearsal-r1", "r1", "creating"}}
			if diff := cmp.Diff(want, leftovers(t, c, file)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			source.faults = busy
			if err := c.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left := leftovers(t, c, file); len(left)+len(source.there)+len(target.there) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// One whose maker died before it had its tags is removed by its name.
func TestRemoveWithoutTags(t *testing.T) {
	t.Parallel()
	c, source, _, file := setup(t)
	source.late = true
	if _, err := source.Begin(t.Context(), CloneName("r1"), c.tags()); err != nil {
		t.Fatal(err)
	}
	source.wanted = nil // another process has no idea
	chain, err := file.Read(t.Context())
	if err != nil || len(chain.Entries) > 0 {
		t.Fatal(err)
	}
	if err := RemoveClone(t.Context(), source, CloneName("r1"), c.tags()); err != nil || len(source.there) > 0 || source.made != 1 {
		t.Errorf("%v, %v, %d made", err, source.there, source.made)
	}
	if err := RemoveClone(t.Context(), source, CloneName("r2"), c.tags()); err != nil || source.made != 1 {
		t.Errorf("one that never was: %v, %d made", err, source.made)
	}
}

// What only the ledger knows is listed, too: the cloud may not list it yet.
func TestLeftoversOfTheLedger(t *testing.T) {
	t.Parallel()
	c, _, target, file := setup(t)
	target.faults = []error{cloud.ErrDenied}
	if _, err := c.Make(t.Context()); !errors.Is(err, cloud.ErrDenied) {
		t.Fatal(err)
	}
	left := leftovers(t, c, file)
	if len(left) != 2 || left[1].Side != "target" || left[1].Status == "" {
		t.Errorf("left: %+v", left)
	}
	// Another migration's are nobody's business here.
	other, err := Leftovers(t.Context(), c.Sides, "other", journal.Chain{})
	if err != nil || len(other) > 0 {
		t.Errorf("%v, %v", other, err)
	}
}
