package copier

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/change"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// worker copies one chunk after the other.
type worker struct {
	c       *Copier
	source  *wire.Conn
	target  *wire.Conn
	buf     buffer
	layout  *layout
	layouts map[*schema.Table]*layout
	sql     []byte
	file    []byte
	// large is set while the worker holds the token for a large row.
	large bool
}

// Run copies until every table is done.
func (c *Copier) Run(ctx context.Context) error {
	if c.finished.Load() {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	for range c.cfg.Workers {
		g.Go(func() error { return c.work(ctx) })
	}
	return g.Wait()
}

func (c *Copier) work(ctx context.Context) error {
	w := &worker{c: c, layouts: map[*schema.Table]*layout{}}
	defer w.close()
	for {
		if err := c.throttled(ctx); err != nil {
			return err
		}
		t, err := c.nextTable(ctx)
		if t == nil || err != nil {
			return err
		}
		if err := w.copySome(ctx, t); err != nil {
			return err
		}
	}
}

// throttled waits while there is a reason not to copy.
func (c *Copier) throttled(ctx context.Context) error {
	var logged string
	for {
		reason := c.cfg.Throttle()
		c.setThrottle(reason)
		if reason == "" {
			return ctx.Err()
		}
		if reason != logged {
			c.cfg.Logger.Info("copy pauses", "reason", reason)
			logged = reason
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// nextTable returns a table with something left to begin, waiting for one if
// others must be done first; nil when there is nothing left. The table counts
// one worker more.
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
			if t.phase == done || t.next(pending) == nil || !t.free() {
				continue
			}
			if t.snapshotOnly && t.active > 0 {
				continue
			}
			if best == nil || t.active < best.active {
				best = t
			}
		}
		if best != nil {
			best.active++
			return best, nil
		}
		if err := c.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// copySome copies the next chunk of a table, and what was cut off from it.
func (w *worker) copySome(ctx context.Context, t *table) error {
	c := w.c
	defer func() {
		c.mu.Lock()
		t.active--
		c.changed()
		c.mu.Unlock()
	}()
	if err := w.start(ctx, t); err != nil {
		return err
	}
	if t.snapshotOnly {
		return w.copySnapshot(ctx, t)
	}
	s, want, err := w.begin(ctx, t)
	if s == nil || err != nil {
		return err
	}
	for s != nil {
		if err := w.copyChunk(ctx, t, s, want); err != nil {
			return err
		}
		// What was cut off is reading already, and nobody else's.
		c.mu.Lock()
		s = w.cutOff(t, s)
		c.mu.Unlock()
		want = change.GTIDSet{}
	}
	return w.finishTable(ctx, t)
}

// cutOff returns the segment behind s that was cut off from it.
func (w *worker) cutOff(t *table, s *segment) *segment {
	rest := s.rest
	s.rest = nil
	t.merge()
	return rest
}

// start looks a table up before its first chunk: how large it is.
func (w *worker) start(ctx context.Context, t *table) error {
	t.planning.Lock()
	defer t.planning.Unlock()
	if t.rows > 0 {
		return nil
	}
	conn, err := w.sourceConn(ctx)
	if err != nil {
		return err
	}
	sql := []byte("SELECT IFNULL(table_rows,0),IFNULL(avg_row_length,0),IFNULL(data_length,0) FROM information_schema.tables WHERE table_schema=")
	sql = append(appendText(sql, t.name.Schema), " AND table_name="...)
	row, err := conn.One(ctx, appendText(sql, t.name.Table))
	if err != nil {
		return fmt.Errorf("look up the size of %s: %w", t.name, err)
	}
	var rows, length, size int64
	if row != nil {
		rows, _ = strconv.ParseInt(string(row[0]), 10, 64)
		length, _ = strconv.ParseInt(string(row[1]), 10, 64)
		size, _ = strconv.ParseInt(string(row[2]), 10, 64)
	}
	c := w.c
	c.mu.Lock()
	t.rowsEstimated, t.bytesEstimated = max(rows, t.rowsCopied), size
	t.rows = int(min(max(c.cfg.ChunkBytes/max(length, 50), 1), maxRows))
	if t.started.IsZero() {
		t.started = time.Now()
	}
	c.mu.Unlock()
	target, err := w.targetConn(ctx)
	if err != nil {
		return err
	}
	return c.setState(ctx, target, t, stateCopying)
}

// maxRows bounds a chunk whatever the size of its rows.
const maxRows = 200_000

// begin cuts the next chunk off a table and begins it. It returns nil when
// others have taken what was left, and every transaction that the chunk's SELECT
// must see.
func (w *worker) begin(ctx context.Context, t *table) (*segment, change.GTIDSet, error) {
	c := w.c
	t.planning.Lock()
	defer t.planning.Unlock()
	c.mu.Lock()
	s := t.next(pending)
	var rows int
	if s != nil {
		rows = t.rows
	}
	space := t.space
	c.mu.Unlock()
	if s == nil {
		return nil, change.GTIDSet{}, nil
	}
	conn, err := w.sourceConn(ctx)
	if err != nil {
		return nil, change.GTIDSet{}, err
	}
	row, err := conn.One(ctx, space.AppendBoundary(nil, s.Range, rows))
	if err != nil && !definitionChanged(err) {
		return nil, change.GTIDSet{}, fmt.Errorf("cut %s: %w", t.describe(s), err)
	}
	var want change.GTIDSet
	var taken bool
	err = errors.Join(c.flip(ctx, change.Offset{}, func() {
		if t.phase == done || s.state != pending {
			return
		}
		if row != nil {
			if key, err := space.FromText(row); err == nil {
				t.split(s, key, s.planStep())
			}
		}
		s.state = reading
		t.phase = copying
		taken = true
		want = c.leftOut.Clone()
	}))
	if err != nil || !taken {
		return nil, want, err
	}
	c.cfg.Hook("begin")
	return s, want, nil
}
