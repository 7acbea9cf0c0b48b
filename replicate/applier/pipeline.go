package applier

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"tandem/internal/change"
)

// The way of a transaction through an Applier:
//
//	read ──tx──► collect ──window──► prepare ──window──► execute
//	decodes      merges what is      net changes,        lanes, commit,
//	             there               SQL text            release
//
// Each stage is a goroutine. The channels between windows hold nothing: a
// window is handed on when the next stage is free, and grows until then. So
// under light load a window is one transaction that leaves at once, and under a
// backlog thousands. All memory of transactions between read and release counts
// against one budget: rows of a few bytes take several times as much decoded.

// budget bounds the bytes of transactions between read and release.
const budget = 32 << 20

// idle is how long the stream must be still before its offset is taken over
// from heartbeats; saveAfter how long a position that was passed over may be
// unsaved.
const (
	idle      = 50 * time.Millisecond
	saveAfter = time.Second
)

type pipeline struct {
	*Applier
	src      Source
	room     *semaphore.Weighted
	txs      chan *change.Transaction
	free     chan *window
	raw      chan *window
	prepared chan *window
	// inside is set, for the reader, between the parts of a transaction.
	inside bool
	// barrierDone lets the reader go on behind a barrier.
	barrierDone chan struct{}
}

func newPipeline(a *Applier, src Source) *pipeline {
	p := &pipeline{
		Applier:     a,
		src:         src,
		room:        semaphore.NewWeighted(budget),
		txs:         make(chan *change.Transaction, 1024),
		free:        make(chan *window, 3),
		raw:         make(chan *window),
		prepared:    make(chan *window),
		barrierDone: make(chan struct{}),
	}
	for range cap(p.free) {
		p.free <- newWindow()
	}
	return p
}

// run works until something ends it.
func (p *pipeline) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.read(ctx) })
	g.Go(func() error { return p.collect(ctx) })
	g.Go(func() error { return p.prepare(ctx) })
	g.Go(func() error { return p.execute(ctx) })
	return g.Wait()
}

// weight is what a transaction counts for: one that is larger than the budget
// may pass alone.
func weight(tx *change.Transaction) int64 { return min(int64(max(tx.Bytes, tx.Memory))+256, budget) }

// barrier tells whether what follows a transaction must not be looked at before
// that is applied: behind a statement the tables are others, behind a record of
// ownership the changes that are to be applied.
func barrier(tx *change.Transaction) bool { return tx.Statement != nil || tx.Crossing }

// read hands on what the source has, and waits behind barriers. When the stream is still, its offset follows what was read before.
func (p *pipeline) read(ctx context.Context) error {
	for {
		// A transaction that takes up the whole budget is waited for before the
		// next one is decoded.
		if err := p.room.Acquire(ctx, 1); err != nil {
			return err
		}
		p.room.Release(1)
		tx, err := p.next(ctx)
		if err != nil {
			return err
		}
		p.inside = !tx.Last
		if err := p.room.Acquire(ctx, weight(tx)); err != nil {
			return err
		}
		wait := barrier(tx)
		if err := send(ctx, p.txs, tx); err != nil {
			return err
		}
		if !wait {
			continue
		}
		select {
		case <-p.barrierDone:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *pipeline) next(ctx context.Context) (*change.Transaction, error) {
	// Inside a transaction that comes in parts there is no offset to follow: what
	// was read is not applied before its last part is.
	if p.inside || p.src.Buffered() {
		return p.src.Next(ctx)
	}
	wait, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	tx, err := p.src.Next(wait)
	if err != nil && wait.Err() != nil && ctx.Err() == nil {
		return &change.Transaction{First: true, Last: true, End: p.src.Position()}, nil
	}
	return tx, err
}

// collect merges transactions into windows.
func (p *pipeline) collect(ctx context.Context) error {
	for {
		w, err := receive(ctx, p.free)
		if err != nil {
			return err
		}
		tx, err := receive(ctx, p.txs)
		if err != nil {
			return err
		}
		for tx != nil {
			w.add(tx)
			if !mergeable(tx) {
				w.alone = true
				break
			}
			if tx, err = p.more(ctx, w); err != nil {
				return err
			}
			if tx != nil && !mergeable(tx) {
				// What came before it goes first.
				if err := send(ctx, p.raw, w); err != nil {
					return err
				}
				if w, err = receive(ctx, p.free); err != nil {
					return err
				}
			}
		}
		if w.alone {
			if err := send(ctx, p.raw, w); err != nil {
				return err
			}
		}
	}
}

// more returns the next transaction for the window, or nil once the window has
// been taken by the next stage.
func (p *pipeline) more(ctx context.Context, w *window) (*change.Transaction, error) {
	if w.full(p.cfg.Tuning) {
		return nil, send(ctx, p.raw, w)
	}
	// What is there already joins before the window is offered.
	select {
	case tx := <-p.txs:
		return tx, nil
	default:
	}
	select {
	case tx := <-p.txs:
		return tx, nil
	case p.raw <- w:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// prepare reduces windows ahead of their execution. While tables are being
// copied that can not be done ahead: what a change means depends on the state
// of its chunk.
func (p *pipeline) prepare(ctx context.Context) error {
	for {
		w, err := receive(ctx, p.raw)
		if err != nil {
			return err
		}
		if !w.alone && !p.cfg.Admission.Active() {
			w.prepare(p.Applier, nil, p.lanesFor(w))
		}
		if err := send(ctx, p.prepared, w); err != nil {
			return err
		}
	}
}

// execute applies windows, in order.
func (p *pipeline) execute(ctx context.Context) error {
	defer p.abandon()
	save := time.NewTicker(saveAfter)
	defer save.Stop()
	for {
		select {
		case w := <-p.prepared:
			err := p.apply(ctx, w)
			waited := barrier(w.txs[0])
			for _, tx := range w.txs {
				p.room.Release(weight(tx))
				tx.Release()
			}
			w.reset()
			if err != nil {
				return err
			}
			p.free <- w
			if waited {
				p.barrierDone <- struct{}{}
			}
		case <-save.C:
			if p.tx.open {
				continue
			}
			if err := p.Save(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// apply applies one window.
func (a *Applier) apply(ctx context.Context, w *window) error {
	tx := w.txs[0]
	switch {
	case tx.Statement != nil:
		return a.takeStatement(ctx, tx)
	case tx.Crossing:
		return a.takeCrossing(ctx, tx)
	case w.alone:
		return a.takeRows(ctx, tx)
	case w.rows == 0:
		a.passOver(w)
		return nil
	}
	return a.applyAdmitted(ctx, w)
}

// applyAdmitted applies a window, in parts when some of its transactions have to
// wait for the copy.
func (a *Applier) applyAdmitted(ctx context.Context, w *window) error {
	all := w.txs
	defer func() { w.txs = all }()
	for rest := all; ; {
		admitted, n, err := a.cfg.Admission.Begin(ctx, rest)
		if err != nil {
			return fmt.Errorf("apply %s: %w", rest[0].GTID, err)
		}
		if n < len(all) {
			w.narrow(rest[:n:n])
		}
		err = a.applyWindow(ctx, w, admitted)
		a.cfg.Admission.End(w.txs, err == nil)
		if rest = rest[n:]; err != nil || len(rest) == 0 {
			return err
		}
	}
}

func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func receive[T any](ctx context.Context, from <-chan T) (T, error) {
	select {
	case v := <-from:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
