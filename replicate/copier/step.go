package copier

import (
	"context"
	"errors"
	"time"

	"tandem/internal/change"
)

// finish brings a chunk that has been read to the target, and after it what was
// cut off from it.
func (j *job) finish(ctx context.Context, end change.Offset) error {
	c := j.c
	for {
		err := j.finishOne(ctx, end)
		if errors.Is(err, errGone) {
			return nil
		}
		if err != nil {
			return err
		}
		c.mu.Lock()
		if j.gone() {
			c.mu.Unlock()
			return nil
		}
		rest := j.segment.rest
		j.segment.rest = nil
		j.t.merge()
		c.mu.Unlock()
		if rest == nil {
			return j.finishTable(ctx)
		}
		// What was cut off is reading already, and nobody else's.
		j.segment = rest
		j.release()
		if err := j.reserve(ctx); err != nil {
			return err
		}
		if end, err = j.readAgain(ctx, c.mustSee()); err != nil {
			if errors.Is(err, errGone) {
				return nil
			}
			return err
		}
	}
}

// finishOne writes what was read as soon as the stream has come to where it was
// read, reading it again when something is in the way.
func (j *job) finishOne(ctx context.Context, end change.Offset) error {
	c, s := j.c, j.segment
	for {
		outcome, err := j.take(ctx, end)
		if err != nil {
			return err
		}
		if outcome == nil {
			c.cfg.Hook("before-write")
			started := time.Now()
			err = j.write(ctx)
			c.mu.Lock()
			c.writing--
			switch {
			case err == nil:
				s.state, s.struck = written, nil
				j.t.wrote(int64(len(j.buf.rows)), j.buf.size, time.Since(started), c.cfg)
			case locksInTheWay(err):
				s.state = reading
			}
			c.runFlips()
			c.changed()
			c.mu.Unlock()
			if err == nil {
				c.cfg.Hook("after-commit")
				return nil
			}
			if !locksInTheWay(err) {
				return err
			}
			c.cfg.Logger.Info("chunk starts again, locks in the way", "table", j.t.name.String(), "error", err)
		}
		if end, err = j.readAgain(ctx, c.mustSee()); err != nil {
			return err
		}
	}
}

// take makes the chunk one that is being written, when the stream has come far
// enough and a writer's place is free. It returns errAgain, as a result, when
// what was read is outdated.
func (j *job) take(ctx context.Context, end change.Offset) (again error, err error) {
	c, s := j.c, j.segment
	gone := false
	err = c.flip(ctx, end, func() bool {
		switch {
		case j.gone():
			gone = true
		case s.outdated:
			s.outdated = false
			s.tries++
			again = errAgain
		case c.writing >= c.cfg.Workers, j.t.building:
			return false
		default:
			c.writing++
			s.state = writing
		}
		return true
	})
	if err == nil && gone {
		err = errGone
	}
	return again, err
}

// finishTable marks a table whose last chunk is written.
func (j *job) finishTable(ctx context.Context) error {
	c, t := j.c, j.t
	c.mu.Lock()
	complete := t.phase == copying && t.complete() && !j.gone()
	if complete {
		t.finishing++
	}
	c.mu.Unlock()
	if !complete {
		return nil
	}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		t.finishing--
		c.changed()
	}()
	conn, err := c.targets.get(ctx)
	if err != nil {
		return err
	}
	defer c.targets.put(conn)
	if err := c.setState(ctx, conn, t, stateIndexing); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !j.gone() {
		c.tableCopied(t)
	}
	return nil
}

// tableCopied lets a table's changes be asserted from now on. Its indexes may be
// missing. c.mu is held.
func (c *Copier) tableCopied(t *table) {
	t.phase = indexing
	c.cfg.Logger.Info("table copied", "table", t.name.String(), "rows", t.rowsCopied, "bytes", t.bytesCopied)
	c.changed()
}

// tableDone lets statements about the table go on. c.mu is held.
func (c *Copier) tableDone(t *table) {
	t.phase, t.ended = done, time.Now()
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
