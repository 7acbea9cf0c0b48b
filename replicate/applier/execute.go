package applier

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"tandem/internal/change"
	"tandem/internal/wire"
)

// errMismatch means that a bulk statement met more or fewer rows than it
// should. Which row it was comes out when the window is applied one by one.
var errMismatch = errors.New("a bulk statement did not meet the rows it was made for")

// laneRows is the number of net changes that is worth a further lane.
const laneRows = 64

// lanesFor chooses the number of lanes of a window.
func (a *Applier) lanesFor(w *window) int {
	return max(1, min(a.cfg.Lanes, w.rows/laneRows))
}

// applyWindow applies a window by its plan, with fewer lanes when they get in
// each other's way, and one change at a time when that does not work out.
func (a *Applier) applyWindow(ctx context.Context, w *window, admitted []Admitted) error {
	if admitted != nil || w.plan == nil {
		w.prepare(a, admitted, a.lanesNow(w, admitted))
	}
	for w.plan != nil {
		err := a.runPlan(ctx, w)
		if err == nil {
			return nil
		}
		a.cutAll()
		code := wire.Code(err)
		_, committing := errors.AsType[*commitError](err)
		switch {
		case ctx.Err() != nil, committing:
			return err
		case errors.Is(err, errMismatch) || code == duplicateEntry:
			a.cfg.Logger.Debug("window falls back to single changes", "error", err)
			w.plan = nil
		case code == lockWaitTimeout || code == lockDeadlock:
			a.cfg.Logger.Debug("lanes met, trying with fewer", "lanes", len(w.plan), "error", err)
			a.retries++
			if len(w.plan) == 1 {
				w.plan = nil
				break
			}
			w.prepare(a, admitted, len(w.plan)/2)
		default:
			return err
		}
	}
	return a.applySingly(ctx, w, admitted)
}

// lanesNow is lanesFor as long as nothing is being copied. A window whose
// meaning depends on the state of chunks could not be read again after a crash
// between two lanes' commits, so it has one lane.
func (a *Applier) lanesNow(w *window, admitted []Admitted) int {
	if admitted != nil {
		return 1
	}
	return a.lanesFor(w)
}

// applySingly applies the transactions of a window one by one.
func (a *Applier) applySingly(ctx context.Context, w *window, admitted []Admitted) error {
	a.applied.singles++
	for _, tx := range w.txs {
		var part []Admitted
		if admitted != nil {
			part, admitted = admitted[:len(tx.Rows)], admitted[len(tx.Rows):]
		}
		if tx.Own || len(tx.Rows) == 0 {
			a.mu.Lock()
			a.pass(tx)
			a.mu.Unlock()
			continue
		}
		if err := a.applyOne(ctx, tx, part); err != nil {
			return err
		}
	}
	return nil
}

// runPlan executes all lanes, and commits them when each has met every row.
func (a *Applier) runPlan(ctx context.Context, w *window) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	step := a.stepTo(w)
	if err := a.runLanes(ctx, w.plan, step, nil); err != nil {
		return a.doubt(err)
	}
	for _, tx := range w.txs {
		a.pass(tx)
	}
	a.seq, a.unsaved, a.inDoubt = step.seq, false, false
	a.count(w)
	a.publish()
	return nil
}

// stepTo is the step of the checkpoint over a window.
func (a *Applier) stepTo(w *window) step {
	s := step{seq: a.seq + 1, lanes: len(w.plan), base: a.position, end: a.position.Clone(), offset: a.offset, committed: a.commit}
	for _, tx := range w.txs {
		s.over(tx)
	}
	return s
}

func (s *step) over(tx *change.Transaction) {
	s.end.Add(tx.GTID)
	s.offset = tx.End
	if !tx.Committed.IsZero() {
		s.committed = tx.Committed
	}
}

// runLanes executes the lanes, but for those in done, and commits them.
func (a *Applier) runLanes(ctx context.Context, plan []lanePlan, s step, done map[int]bool) error {
	g, gctx := errgroup.WithContext(ctx)
	for i := range plan {
		if !done[i] {
			g.Go(func() error { return a.runLane(gctx, i, &plan[i], s) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	a.cfg.Hook("lanes-before-commit")
	g, gctx = errgroup.WithContext(ctx)
	for i := range plan {
		if done[i] {
			continue
		}
		g.Go(func() error {
			a.cfg.Hook(fmt.Sprintf("lane-%d-before-commit", i))
			if _, err := a.lanes[i].conn.Exec(gctx, []byte("COMMIT")); err != nil {
				return &commitError{fmt.Errorf("commit lane %d: %w", i, err)}
			}
			a.cfg.Hook(fmt.Sprintf("lane-%d-after-commit", i))
			return a.stepApart(gctx, i, s)
		})
	}
	return g.Wait()
}

// commitError is an error at a commit: nothing is known about the other lanes,
// so the window must not be tried again in this session. The next one finds out
// from the checkpoint.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }

// doubt notes that a COMMIT was not answered, if that is what the error says.
func (a *Applier) doubt(err error) error {
	if _, committing := errors.AsType[*commitError](err); committing {
		a.inDoubt = true
	}
	return err
}

// runLane executes the packets of one lane, the first behind BEGIN and the
// lane's checkpoint.
func (a *Applier) runLane(ctx context.Context, i int, plan *lanePlan, s step) error {
	lane := &a.lanes[i]
	if err := a.connectLane(ctx, lane); err != nil {
		return err
	}
	head := &lane.head
	head.reset()
	head.add("BEGIN", noRow, anyRows)
	head.next(noRow, 1)
	head.sql = a.appendStep(head.sql, i, a.within(s))
	if plan.used == 0 {
		return a.runPacket(ctx, lane.conn, head)
	}
	first := &plan.packets[0]
	if len(first.sql) > largePacket {
		// Not worth a copy to save a round trip.
		if err := a.runPacket(ctx, lane.conn, head); err != nil {
			return err
		}
		return a.runPackets(ctx, lane.conn, plan.packets[:plan.used])
	}
	head.sql = append(append(head.sql, ';'), first.sql...)
	head.wants = append(head.wants, first.wants...)
	if err := a.runPacket(ctx, lane.conn, head); err != nil {
		return err
	}
	return a.runPackets(ctx, lane.conn, plan.packets[1:plan.used])
}

// largePacket is the size from which a packet is sent by itself.
const largePacket = 2 << 20

func (a *Applier) runPackets(ctx context.Context, conn *wire.Conn, packets []batch) error {
	for k := range packets {
		if err := a.runPacket(ctx, conn, &packets[k]); err != nil {
			return err
		}
	}
	return nil
}

// runPacket sends a packet and holds every result against its expectation.
func (a *Applier) runPacket(ctx context.Context, conn *wire.Conn, b *batch) error {
	return conn.ExecMulti(ctx, b.sql, func(k int, r wire.Result) error {
		switch w := b.wants[k]; {
		case w.rows == anyRows || uint64(w.rows) == r.Affected:
			return nil
		case w.row == noRow:
			return a.fenced()
		default:
			return fmt.Errorf("%w: %d instead of %d", errMismatch, r.Affected, w.rows)
		}
	})
}
