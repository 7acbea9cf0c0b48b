package copier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// Run copies until every table is done.
//
// A few readers cut chunks off the tables and read them. What has been read
// waits for the stream in a goroutine of its own, holding memory only, so that
// a stream that is far behind does not keep the readers from going on; then one
// of a few writers' places must be free.
func (c *Copier) Run(ctx context.Context) error {
	if c.finished.Load() {
		return nil
	}
	defer c.sources.close()
	defer c.targets.close()
	if c.settler != nil {
		defer c.settler.close()
	}
	g, ctx := errgroup.WithContext(ctx)
	for range c.cfg.Workers {
		g.Go(func() error { return c.readTables(ctx, g) })
	}
	g.Go(func() error { return c.clearTables(ctx) })
	g.Go(func() error { return c.indexTables(ctx) })
	return g.Wait()
}

// readTables reads chunk after chunk, of whatever table has one to begin.
func (c *Copier) readTables(ctx context.Context, g *errgroup.Group) error {
	for {
		if err := c.throttled(ctx); err != nil {
			return err
		}
		t, err := c.nextTable(ctx)
		if t == nil || err != nil {
			return err
		}
		j := &job{c: c, t: t}
		then, err := j.begin(ctx)
		if err != nil {
			j.end()
			return err
		}
		if then == nil {
			j.end()
			continue
		}
		g.Go(func() error {
			defer j.end()
			return then(ctx)
		})
	}
}

// throttlePoll is how often a reason not to copy is asked for again.
const throttlePoll = 100 * time.Millisecond

// throttled waits while there is a reason not to copy.
func (c *Copier) throttled(ctx context.Context) error {
	for c.cfg.Throttle() != "" {
		select {
		case <-time.After(throttlePoll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return ctx.Err()
}

// maxInFlight bounds the chunks that have begun and are not written: each costs
// the stream a look.
const maxInFlight = 200

// nextTable returns a table with something left to begin, waiting for one if
// others must be done first; nil when there is nothing left. The table counts
// one chunk in progress more.
func (c *Copier) nextTable(ctx context.Context) (*table, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.finished.Load() {
			return nil, nil
		}
		var best *table
		for _, t := range c.tables {
			if t.broken != nil {
				return nil, t.broken
			}
			if t.wants() && t.free() && (best == nil || t.active < best.active) {
				best = t
			}
		}
		if best != nil && c.inFlight < maxInFlight {
			best.active++
			c.inFlight++
			return best, nil
		}
		if err := c.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// wants tells whether there is something of the table to begin.
func (t *table) wants() bool {
	switch {
	case t.copied(), t.clearing:
		return false
	case t.snapshotOnly:
		return t.active == 0 && t.leads()
	}
	return t.next(pending) != nil
}

// job is one chunk on its way, or what else is to be done with a table.
type job struct {
	c *Copier
	t *table
	// generation is the table's when the job began.
	generation int
	segment    *segment
	buf        buffer
	layout     *layout
	sql        []byte
	file       []byte
	reserved   int64
	// large is set while the job holds the token for large rows.
	large bool
}

// end gives back what the job holds.
func (j *job) end() {
	j.release()
	j.c.mu.Lock()
	defer j.c.mu.Unlock()
	j.t.active--
	j.c.inFlight--
	j.c.changed()
}

// begin does what a reader does: it looks the table up, or clears it, or cuts a
// chunk off it and reads it. It returns what is left to do, or nil.
func (j *job) begin(ctx context.Context) (func(context.Context) error, error) {
	t := j.t
	if err := j.lookUp(ctx); err != nil {
		return nil, err
	}
	j.c.mu.Lock()
	clearing, whole := t.clearing, t.snapshotOnly
	j.c.mu.Unlock()
	switch {
	case clearing:
		return nil, nil
	case whole:
		return nil, j.copySnapshot(ctx)
	}
	if err := j.reserve(ctx); err != nil {
		return nil, err
	}
	want, err := j.cut(ctx)
	if j.segment == nil || err != nil {
		return nil, err
	}
	end, err := j.readAgain(ctx, want)
	if errors.Is(err, errGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return j.finish(ctx, end) }, nil
}

// clearTables empties the tables whose copy starts anew, as soon as that is
// known: the stream waits for it, and every reader and all the memory may be
// with chunks that wait for the stream.
func (c *Copier) clearTables(ctx context.Context) error {
	for {
		t, err := c.nextToClear(ctx)
		if t == nil || err != nil {
			return err
		}
		j := &job{c: c, t: t}
		err = j.clearAll(ctx)
		j.end()
		if err != nil {
			return err
		}
	}
}

// nextToClear waits for a table to clear; nil when there will be none. Jobs of
// the table's last time may be left: they see that they are, in time.
func (c *Copier) nextToClear(ctx context.Context) (*table, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.finished.Load() {
		for _, t := range c.tables {
			if t.clearing && !t.cleared && t.finishing == 0 {
				t.cleared = true
				t.active++
				c.inFlight++
				return t, nil
			}
		}
		if err := c.wait(ctx); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// clearAll empties a table whose copy starts anew. Its changes wait.
func (j *job) clearAll(ctx context.Context) error {
	c, t := j.c, j.t
	conn, err := c.targets.get(ctx)
	if err != nil {
		return err
	}
	defer c.targets.put(conn)
	// In this order: wherever it is interrupted, nothing is taken for copied that is
	// gone.
	if err := c.setState(ctx, conn, t, stateCopying); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, c.where([]byte("DELETE FROM _tandem.chunk"), t.name)); err != nil {
		return fmt.Errorf("clear %s: %w", t.name, err)
	}
	if err := c.clear(ctx, conn, t, &segment{}); err != nil {
		return fmt.Errorf("clear %s: %w", t.name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t.clearing, t.phase = false, waiting
	t.rowsCopied, t.bytesCopied, t.chunksDone = 0, 0, 0
	c.changed()
	return nil
}

// errAgain says that what was read is of no use, and has to be read once more.
var errAgain = errors.New("read again")
