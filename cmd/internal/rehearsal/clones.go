package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/cloud"
	"tandem/plans/journal"
)

// The tags by which clones are known as a rehearsal's. Both clouds take them: small
// letters, digits and hyphens.
const (
	TagMigration = "tandem-rehearsal"
	TagRun       = "tandem-run"
)

// Tags of every clone that rehearsals of a migration have made.
func Tags(migration string) map[string]string { return map[string]string{TagMigration: migration} }

// CloneName is what the clones of a rehearsal are called, in both clouds.
func CloneName(run string) string { return "tandem-rehearsal-" + run }

// Clones are the copies of both sides that one rehearsal runs on. They cost money
// for as long as they stand, so their names are in the ledger before a cloud is
// asked for them, they have tags by which they are found when the ledger is lost,
// and they are asked to be removed whatever became of the call that made them.
type Clones struct {
	Run       string
	Migration string
	// Sides make and remove the clones of a side.
	Sides  map[string]cloud.Clones
	Ledger *journal.Journal
	// Say tells people what is waited for.
	Say func(string)
	// Again is how long to wait before a cloud is asked again; 0 for some seconds.
	Again time.Duration
}

func (c *Clones) tags() map[string]string {
	tags := Tags(c.Migration)
	tags[TagRun] = c.Run
	return tags
}

func (c *Clones) sides() []string { return slices.Sorted(maps.Keys(c.Sides)) }

// Make makes a clone of each side, at the same time, and waits until both serve.
func (c *Clones) Make(ctx context.Context) (map[string]cloud.Clone, error) {
	name := CloneName(c.Run)
	data := journal.Data{"rehearsal": c.Migration}
	for _, side := range c.sides() {
		data[side+"_clone"] = name
	}
	if _, err := c.Ledger.Record(ctx, journal.Event{Run: c.Run, Kind: journal.RunBegun, Data: data}); err != nil {
		return nil, fmt.Errorf("write down the names of the clones: %w", err)
	}
	var mu sync.Mutex
	made := map[string]cloud.Clone{}
	g, ctx := errgroup.WithContext(ctx)
	for _, side := range c.sides() {
		g.Go(func() error {
			clones := c.Sides[side]
			err := c.again(ctx, "ask for a clone of the "+side, func() error {
				_, err := clones.Begin(ctx, name, c.tags())
				return err
			})
			if err != nil {
				return fmt.Errorf("ask for clone %s of the %s: %w", name, side, err)
			}
			var done cloud.Clone
			err = c.again(ctx, "wait for the clone of the "+side, func() (err error) {
				done, err = clones.Wait(ctx, name, func(now cloud.Clone) {
					c.Say(fmt.Sprintf("clone %s of the %s is %s", now.Name, side, now.Status))
				})
				return err
			})
			if err != nil {
				return fmt.Errorf("wait for clone %s of the %s: %w", name, side, err)
			}
			mu.Lock()
			defer mu.Unlock()
			made[side] = done
			return nil
		})
	}
	return made, g.Wait()
}

// Remove removes both clones, whether they were made to the end or not, and writes
// down that they are gone.
func (c *Clones) Remove(ctx context.Context) error {
	var g errgroup.Group
	name := CloneName(c.Run)
	failed := make([]error, len(c.Sides))
	for i, side := range c.sides() {
		g.Go(func() error {
			err := c.again(ctx, "remove the clone of the "+side, func() error { return RemoveClone(ctx, c.Sides[side], name, c.tags()) })
			if err != nil {
				failed[i] = fmt.Errorf("remove clone %s of the %s: %w", name, side, err)
			}
			return nil
		})
	}
	_ = g.Wait() // each has its own error
	if err := errors.Join(failed...); err != nil {
		return err
	}
	_, err := c.Ledger.Record(ctx, journal.Event{Run: c.Run, Kind: journal.RunEnded, Data: journal.Data{"outcome": "removed"}})
	return err
}

// again asks a cloud until it answers. Begin, Wait and Remove may each be asked
// again: they find what is there under the name.
func (c *Clones) again(ctx context.Context, what string, ask func() error) error {
	pause := c.Again
	if pause == 0 {
		pause = 3 * time.Second
	}
	for try := 1; ; try++ {
		err := ask()
		if err == nil || ctx.Err() != nil || try == tries || final(err) {
			return err
		}
		c.Say(fmt.Sprintf("%s: asked again in %s: %v", what, pause, err))
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(pause):
		}
	}
}

// tries is how often a cloud is asked. The clients ask again by themselves while it
// is throttled or broken for a moment.
const tries = 5

// final tells whether asking again would come to the same.
func final(err error) bool {
	for _, one := range []error{cloud.ErrDenied, cloud.ErrNoCredentials, cloud.ErrNotFound, cloud.ErrExists} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// RemoveClone removes a clone. Cloud SQL gives it its labels only once it serves, so
// one whose maker died before that has none, and is not removed as long as it has
// not. The name is a rehearsal's, which nobody else has: it gets its labels then.
func RemoveClone(ctx context.Context, clones cloud.Clones, name string, tags map[string]string) error {
	err := clones.Remove(ctx, name, tags)
	if err == nil || final(err) || ctx.Err() != nil {
		return err
	}
	_, gone := clones.Wait(ctx, name, nil)
	if errors.Is(gone, cloud.ErrNotFound) {
		return nil
	}
	if gone != nil {
		return errors.Join(err, gone)
	}
	// It is there, so Begin makes nothing: it finds it, and Wait gives it its labels.
	if _, err := clones.Begin(ctx, name, tags); err != nil {
		return err
	}
	if _, err := clones.Wait(ctx, name, nil); err != nil {
		return err
	}
	return clones.Remove(ctx, name, tags)
}

// Left is a clone that an earlier rehearsal has left behind.
type Left struct {
	Side   string `json:"side"`
	Name   string `json:"name"`
	Run    string `json:"run"`
	Status string `json:"status,omitempty"`
}

// Leftovers finds the clones that rehearsals of a migration have left behind: by
// their tags, and by what the ledger says was asked for and not removed. The second
// may be gone, or never have been.
func Leftovers(ctx context.Context, sides map[string]cloud.Clones, migration string, ledger journal.Chain) ([]Left, error) {
	var list []Left
	var failed []error
	for _, side := range slices.Sorted(maps.Keys(sides)) {
		found, err := sides[side].List(ctx, Tags(migration))
		if err != nil {
			failed = append(failed, fmt.Errorf("list the clones of the %s: %w", side, err))
		}
		for _, one := range found {
			list = append(list, Left{side, one.Name, one.Tags[TagRun], one.Status})
		}
		for _, run := range unremoved(ledger, side) {
			if !slices.ContainsFunc(list, func(l Left) bool { return l.Side == side && l.Run == run }) {
				list = append(list, Left{side, CloneName(run), run, "was asked for; the cloud does not list it"})
			}
		}
	}
	return list, errors.Join(failed...)
}

// unremoved are the rehearsals that asked for a clone of a side and did not remove it.
func unremoved(c journal.Chain, side string) []string {
	var list []string
	for _, e := range c.Entries {
		switch e.Kind {
		case journal.RunBegun:
			if _, asked := e.Data[side+"_clone"]; asked {
				list = append(list, e.Run)
			}
		case journal.RunEnded:
			list = slices.DeleteFunc(list, func(run string) bool { return run == e.Run })
		}
	}
	return list
}
