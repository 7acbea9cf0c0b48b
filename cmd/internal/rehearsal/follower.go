package rehearsal

import (
	"context"
	"database/sql"
	"errors"
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

	committed atomic.Int64
	moved     atomic.Int64
}

func (f *follower) run(ctx context.Context) error {
	for side := 0; ; {
		stats, err := courier.Load(ctx, f.dbs[side], f.opts)
		f.committed.Add(stats.Committed)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if !f.elsewhere(err) {
			return err
		}
		side = 1 - side
		f.moved.Add(1)
		f.opts.Seed++ // other choices than those that were made already
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(20 * time.Millisecond):
		}
	}
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
