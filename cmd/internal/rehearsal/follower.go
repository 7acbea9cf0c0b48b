package rehearsal

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"tandem/internal/guard"
	"tandem/internal/sandbox/courier"
)

// follower is the courier application, begun anew on the other side when one
// refuses it: what a deployment does that switches traffic.
type follower struct {
	dbs  [2]*sql.DB
	opts courier.LoadOptions

	committed atomic.Int64 // of the runs before, and of this one
	mu        sync.Mutex
	all       courier.LoadStats
}

func (f *follower) run(ctx context.Context) error {
	for side := 0; ; {
		before := f.committed.Load()
		f.opts.Progress = func(s courier.LoadStats) { f.committed.Store(before + s.Committed) }
		stats, err := courier.Load(ctx, f.dbs[side], f.opts)
		f.add(stats)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if !f.elsewhere(err) {
			return err
		}
		side = 1 - side
		f.opts.Seed++ // other choices than those that were made already
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (f *follower) add(s courier.LoadStats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all.Committed += s.Committed
	f.all.RolledBack += s.RolledBack
	f.all.Abandoned += s.Abandoned
	f.all.Retries += s.Retries
	f.all.Statements += s.Statements
	f.all.Elapsed += s.Elapsed
	f.all.P50, f.all.P99, f.all.Max = max(f.all.P50, s.P50), max(f.all.P99, s.P99), max(f.all.Max, s.Max)
	f.all.LongestGap = max(f.all.LongestGap, s.LongestGap)
	f.all.TPS = float64(f.all.Committed) / max(f.all.Elapsed.Seconds(), 0.001)
}

// elsewhere tells whether the other side may take what this one refuses.
func (f *follower) elsewhere(err error) bool {
	if guard.Is(err) || errors.Is(err, context.Canceled) {
		return true
	}
	switch courier.Classify(err) {
	case courier.Connection, courier.Refused, courier.Denied:
		return true
	}
	return false
}
