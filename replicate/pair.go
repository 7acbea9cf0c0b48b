package replicate

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"tandem/internal/ownership"
)

// Pair runs both links of a migration: the tandem.
//
// The forward link leads: the migration begins with it, and the pair ends when
// it ends. A reverse link that fails is an alarm, not an end: as long as the
// source owns the tables it carries nothing but breaches. While the
// target owns a group, each of them goes on when the other one fails.
type Pair struct {
	forward *Link
	reverse *Link
}

// NewPair returns both links of a migration. The configuration is the forward
// link's; the reverse link's follows from it.
func NewPair(cfg Config) *Pair {
	cfg.Direction = Forward
	if cfg.SpoolMemory == 0 {
		cfg.SpoolMemory = spoolMemory
	}
	begun := make(chan struct{})
	cfg.begun = sync.OnceFunc(func() { close(begun) })
	back := cfg.Opposite()
	back.wait = begun
	return &Pair{forward: New(cfg), reverse: New(back)}
}

// spoolMemory is how much of what the forward link has read is held in memory.
// The page cache holds the rest as well: more would only cost the collector.
const spoolMemory = 12 << 20

// Opposite returns the configuration of the link that runs the other way.
func (c Config) Opposite() Config {
	o := c
	o.Direction = Reverse
	if c.Direction == Reverse {
		o.Direction = Forward
	}
	o.Source, o.Target = c.Target, c.Source
	o.UntilCaughtUp, o.begun = false, nil
	// It has tandem's own transactions to pass over, mostly.
	o.SpoolMemory = max(c.SpoolMemory/4, 1<<20)
	// A server may be a replica of the other one, so the readers differ, too.
	o.ServerID = c.ServerID ^ 1
	if hook := c.Hook; hook != nil {
		o.Hook = func(point string) { hook(string(o.Direction) + " " + point) }
	}
	return o
}

// Run runs both links until ctx ends, which is no error, or the forward link
// does.
func (p *Pair) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, gctx := errgroup.WithContext(ctx)
	reversed := make(chan struct{})
	g.Go(func() error {
		defer cancel()
		err := p.forward.Run(gctx)
		if err != nil && gctx.Err() == nil && p.reverse.carries() {
			p.forward.failed(err)
			p.forward.cfg.Logger.Error("the forward link has failed; the reverse link goes on, since the target owns groups", "error", err)
			<-reversed
		}
		return err
	})
	g.Go(func() error {
		defer close(reversed)
		err := p.reverse.Run(gctx)
		var off *ReverseOffError
		switch {
		case err == nil || gctx.Err() != nil:
		case errors.As(err, &off):
			p.reverse.failed(err)
			p.reverse.cfg.Logger.Warn("the reverse link is off", "reason", off.Reason, "fix", off.Fix)
		default:
			p.reverse.failed(err)
			p.reverse.cfg.Logger.Error("the reverse link has failed; the forward link goes on", "error", err)
		}
		return nil
	})
	return g.Wait()
}

// Status is how both links stand, the forward one first.
func (p *Pair) Status() []Status { return []Status{p.forward.Status(), p.reverse.Status()} }

// carries tells whether the side that the link reads owns a group. One that it has
// owned and handed back was carried whole before the link learnt of it.
func (l *Link) carries() bool {
	st := l.Status()
	return st.State != Off && st.State != Failed &&
		slices.ContainsFunc(st.Groups, func(r ownership.Record) bool { return r.Owner == l.cfg.side() })
}
