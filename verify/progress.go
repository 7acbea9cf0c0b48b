package verify

import (
	"context"
	"time"
)

// progressEvery is how often progress is handed out.
const progressEvery = 500 * time.Millisecond

// watchProgress hands progress out until ctx ends, and then once more.
func (r *run) watchProgress(ctx context.Context) {
	if r.cfg.Progress == nil {
		return
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			r.cfg.Progress(r.progress())
			return
		case <-tick.C:
			r.cfg.Progress(r.progress())
		}
	}
}

func (r *run) progress() Progress {
	p := Progress{
		TablesDone: int(r.tablesDone.Load()), Tables: len(r.tables),
		Rows: r.rows.Load(), Bytes: r.bytes.Load(), RowsEstimated: max(r.estimated.Load(), r.rows.Load()),
		Unsettled: int(r.unsettled.Load()), Mismatches: r.mismatches.Load(),
	}
	if name := r.current.Load(); name != nil {
		p.Table = *name
	}
	return p
}
