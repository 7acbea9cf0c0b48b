package copier

import (
	"context"
	"slices"

	"tandem/internal/change"
)

// flip is a change of state that waits for the end of the transaction that is
// being applied, and for the stream to have come far enough.
type flip struct {
	after change.Offset
	do    func() bool
	done  chan struct{}
}

// flip runs do, with c.mu held, at a boundary of the applier's transactions at
// which everything before after is applied; again at later ones until it returns
// true.
func (c *Copier) flip(ctx context.Context, after change.Offset, do func() bool) error {
	c.mu.Lock()
	f := &flip{after: after, do: do, done: make(chan struct{})}
	c.flips = append(c.flips, f)
	c.runFlips()
	c.mu.Unlock()
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.flips, f)
	if i < 0 {
		// It was run after all.
		return nil
	}
	c.flips = slices.Delete(c.flips, i, i+1)
	return context.Cause(ctx)
}

// runFlips runs what can be run. c.mu is held.
func (c *Copier) runFlips() {
	if c.applying || len(c.flips) == 0 {
		return
	}
	n := len(c.flips)
	c.flips = slices.DeleteFunc(c.flips, func(f *flip) bool {
		if c.offset.Compare(f.after) < 0 || !f.do() {
			return false
		}
		close(f.done)
		return true
	})
	if len(c.flips) != n {
		c.changed()
	}
}
