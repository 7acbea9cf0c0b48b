package verify

import (
	"context"
	"errors"
	"time"

	"tandem/internal/chunk"
)

// Which method is faster depends on the servers' processors, the network, and
// the columns: so unless one is asked for, the first pieces of each table are
// done by one and by the other, and the faster one goes on.

// probe is what was measured: seconds for each row.
type probe struct {
	chosen Method
	cost   map[Method]float64
	strict bool // chosen by the user
	wrong  int  // how often the server's digests differed where rows did not
}

// method tells how a piece is to be compared.
func (t *table) method(p *piece, cfg *Config, served bool) Method {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.probe.chosen != "":
	case t.spaces[source] == nil || !served:
		t.probe.chosen = Stream
	case cfg.Method != "":
		t.probe.chosen, t.probe.strict = cfg.Method, true
	case !t.alike:
		// Servers that print floats differently would differ everywhere.
		t.probe.chosen = Stream
	case p.ord == 1:
		return Server
	default:
		return Stream
	}
	return t.probe.chosen
}

// clearly is how much less time servers must take for their digests to be chosen.
const clearly = 0.75

// timed notes what a piece cost.
func (t *table) timed(m Method, rows int64, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.probe.chosen != "" || rows == 0 {
		return
	}
	if t.probe.cost == nil {
		t.probe.cost = map[Method]float64{}
	}
	t.probe.cost[m] = took.Seconds() / float64(rows)
	stream, server := t.probe.cost[Stream], t.probe.cost[Server]
	if stream == 0 || server == 0 {
		return
	}
	t.probe.chosen = Stream
	// Where they are close, chance would decide, and the servers have other work.
	if server < stream*clearly {
		t.probe.chosen = Server
	}
}

// maxWrong is how often the server's digests may be wrong before rows are read.
const maxWrong = 3

// mistaken notes that digests of the server differed and no row did. On live
// data that is the rule; where it goes on, the servers print some value
// differently.
func (t *table) mistaken() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.probe.wrong++
	if t.probe.wrong >= maxWrong && !t.probe.strict {
		t.probe.chosen = Stream
	}
}

// digests digests a range on both sides at once. took is how long it took when
// everything was asked for that had to be.
func (w *worker) digests(ctx context.Context, t *table, r chunk.Range, m Method) (d [2]digest, took time.Duration, err error) {
	for {
		d, took, err = w.digestsOnce(ctx, t, r, m)
		if err != nil || d[source].types == d[target].types {
			return d, took, err
		}
		t.askText()
	}
}

func (w *worker) digestsOnce(ctx context.Context, t *table, r chunk.Range, m Method) (d [2]digest, took time.Duration, err error) {
	err = w.looked(t, m, func(a *asking, l *looker) error {
		began := time.Now()
		err := w.retry(ctx, func() error {
			return w.ends.both(ctx, func(ctx context.Context, i int, s *side) (err error) {
				if m == Server {
					d[i], err = t.served(ctx, s, i, r, a)
				} else {
					d[i], err = t.streamed(ctx, s, i, r, a, l.of(i))
				}
				return err
			})
		})
		took = time.Since(began)
		return err
	})
	return d, took, err
}

// Lost connections are made again that often, after a pause that doubles.
const (
	maxAttempts = 5
	firstPause  = 200 * time.Millisecond
)

// retry does something again when a connection was lost.
func (w *worker) retry(ctx context.Context, do func() error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || ctx.Err() != nil || attempt == maxAttempts || !lost(err) {
			if ctx.Err() != nil {
				return errors.Join(context.Cause(ctx), err)
			}
			return err
		}
		w.run.cfg.Logger.Warn("connection lost, trying again", "error", err, "attempt", attempt)
		if err := wait(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
}

// wait returns after d, or when the context ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
