package applier

import (
	"context"
	"fmt"

	"tandem/internal/change"
)

// finish applies the lanes of a window that a crash has left out: it reads the
// same transactions again, which reduce to the same net changes on the same
// lanes, and executes the lanes that are missing.
func (a *Applier) finish(ctx context.Context, src Source) error {
	u := a.unfinished
	if u == nil {
		return nil
	}
	a.cfg.Logger.Info("finishing a window that was interrupted between two commits",
		"lanes", u.Lanes, "lanes_done", len(u.Done), "transactions", u.End.Subtract(a.position).Count())
	w := newWindow()
	defer func() {
		for _, tx := range w.txs {
			tx.Release()
		}
	}()
	for missing := u.End.Subtract(a.position); !missing.IsEmpty(); {
		tx, err := src.Next(ctx)
		if err != nil {
			return err
		}
		if tx.GTID.IsZero() {
			tx.Release() // it only tells how far the stream has come
			continue
		}
		if !missing.Contains(tx.GTID) || !mergeable(tx) {
			return fmt.Errorf("finish window %d: transaction %s is not one of it", u.Seq, tx.GTID)
		}
		w.add(tx)
		var one change.GTIDSet
		one.Add(tx.GTID)
		missing = missing.Subtract(one)
	}
	w.prepare(a, nil, u.Lanes)
	if w.plan == nil {
		return fmt.Errorf("finish window %d: its changes do not reduce as they did before", u.Seq)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.stepTo(w)
	s.seq = u.Seq
	if err := a.runLanes(ctx, w.plan, s, u.Done); err != nil {
		return fmt.Errorf("finish window %d: %w", u.Seq, a.doubt(err))
	}
	for _, tx := range w.txs {
		a.pass(tx)
	}
	a.seq, a.unsaved, a.unfinished = u.Seq, false, nil
	a.count(w)
	a.publish()
	return nil
}
