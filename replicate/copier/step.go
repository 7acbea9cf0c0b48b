package copier

import (
	"context"
	"errors"
	"time"

	"tandem/internal/change"
	"tandem/internal/wire"
)

// copyChunk brings a chunk that has begun over to the target.
func (w *worker) copyChunk(ctx context.Context, t *table, s *segment, want change.GTIDSet) error {
	c := w.c
	for attempt := 0; ; attempt++ {
		started := time.Now()
		end, err := w.read(ctx, t, s, want)
		if err != nil {
			if err = w.rereadAfter(ctx, t, err, attempt); err != nil {
				return err
			}
			want = c.mustSee()
			continue
		}
		readTime := time.Since(started)
		gone, ready := false, false
		err = c.flip(ctx, end, func() {
			gone = t.phase == done || t.broken != nil
			if s.outdated {
				s.outdated = false
				s.tries++
				return
			}
			if !gone {
				s.state, ready = writing, true
			}
		})
		if gone || err != nil {
			return errors.Join(err, t.broken)
		}
		if !ready {
			want = c.mustSee()
			continue
		}
		c.cfg.Hook("before-write")
		started = time.Now()
		err = w.write(ctx, t, s)
		c.mu.Lock()
		if err == nil {
			s.state, s.struck = written, nil
			t.wrote(int64(len(w.buf.rows)), w.buf.size, readTime+time.Since(started), c.cfg)
		} else if locksInTheWay(err) {
			s.state = reading
		}
		c.changed()
		c.mu.Unlock()
		w.giveLargeBack()
		if err == nil {
			c.cfg.Hook("after-commit")
			return nil
		}
		if !locksInTheWay(err) {
			return err
		}
		c.cfg.Logger.Info("chunk starts again, locks in the way", "table", t.name.String(), "chunk", t.space.Format(s.Range), "error", err)
		want = c.mustSee()
	}
}

// rereadAfter decides whether a chunk is read again after a SELECT that failed,
// and waits for what makes it worth while.
func (w *worker) rereadAfter(ctx context.Context, t *table, err error, attempt int) error {
	c := w.c
	if ctx.Err() != nil || attempt >= maxAttempts {
		return err
	}
	if lost := new(wire.LostError); errors.As(err, &lost) {
		w.dropSource()
		c.cfg.Logger.Warn("reading again", "table", t.name.String(), "error", err)
		return nil
	}
	if !definitionChanged(err) {
		return err
	}
	// The source is ahead of the stream: a statement has changed the table. When
	// the stream has come by it, the definition fits again.
	conn, connErr := w.sourceConn(ctx)
	if connErr != nil {
		return errors.Join(err, connErr)
	}
	end, endErr := c.binlogEnd(ctx, conn)
	if endErr != nil {
		return errors.Join(err, endErr)
	}
	c.cfg.Logger.Info("chunk waits for a statement", "table", t.name.String(), "error", err)
	gone := false
	if flipErr := c.flip(ctx, end, func() { gone = t.phase == done }); flipErr != nil {
		return flipErr
	}
	if gone {
		return nil
	}
	return t.broken
}

// maxAttempts is how often a chunk is read again after errors.
const maxAttempts = 20

// mustSee returns what a SELECT that is made now must see.
func (c *Copier) mustSee() change.GTIDSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leftOut.Clone()
}

// finishTable marks a table whose last chunk is written.
func (w *worker) finishTable(ctx context.Context, t *table) error {
	c := w.c
	c.mu.Lock()
	complete := t.phase == copying && t.complete()
	c.mu.Unlock()
	if !complete {
		return nil
	}
	conn, err := w.targetConn(ctx)
	if err != nil {
		return err
	}
	if err := c.setState(ctx, conn, t, stateDone); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tableDone(t)
	return nil
}

// tableDone lets a table's changes be asserted from now on. c.mu is held.
func (c *Copier) tableDone(t *table) {
	if t.phase != done {
		t.phase, t.ended = done, time.Now()
		c.cfg.Logger.Info("table copied", "table", t.name.String(), "rows", t.rowsCopied, "bytes", t.bytesCopied)
	}
	c.checkFinished()
	c.changed()
}

// checkFinished ends the copy when no table is left. c.mu is held.
func (c *Copier) checkFinished() {
	for _, t := range c.tables {
		if t.phase != done {
			return
		}
	}
	c.finished.Store(true)
	c.changed()
}
