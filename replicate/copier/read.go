package copier

import (
	"context"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/chunk"
)

// errCut ends a SELECT whose rows do not fit into memory.
var errCut = errors.New("chunk cut")

// largeRow is the size from which on a row keeps the memory that it was read
// into.
const largeRow = blockSize / 2

// read reads a segment into the buffer and returns the end of the binlog after.
// When the rows do not fit, the segment is cut: the rest is a segment of its
// own, reading too, with what was struck so far.
func (w *worker) read(ctx context.Context, t *table, s *segment, want change.GTIDSet) (change.Offset, error) {
	c := w.c
	conn, err := w.sourceConn(ctx)
	if err != nil {
		return change.Offset{}, err
	}
	if err := c.waitVisible(ctx, conn, want); err != nil {
		return change.Offset{}, err
	}
	c.mu.Lock()
	l, r := w.layoutOf(t), s.Range
	limit := 0
	if s.tries > 1 {
		// What makes it outdated comes so often that it must be quick.
		limit = max(t.rows>>min(s.tries, 6), 1)
	}
	c.mu.Unlock()
	w.layout = l
	w.buf.reset()
	sql := append(w.sql[:0], l.sel...)
	sql = l.space.AppendFrom(sql, r)
	w.sql = sql
	var cut chunk.Key
	conn.OnLarge(func() error { return w.takeLarge(ctx) })
	err = conn.Query(ctx, sql, func(v [][]byte) error {
		size := 0
		for _, x := range v {
			size += len(x)
		}
		full := len(w.buf.rows) > 0 && w.buf.size+int64(size) > c.chunkCap
		if full || limit > 0 && len(w.buf.rows) >= limit {
			if cut, err = l.key(v); err != nil {
				return err
			}
			return errCut
		}
		own := size >= largeRow
		if own {
			conn.Detach()
		}
		w.buf.add(v, size, own)
		return nil
	})
	if errors.Is(err, errCut) {
		w.dropSource()
		c.mu.Lock()
		rest := t.split(s, cut, 1)
		rest.rest, s.rest = s.rest, rest
		c.mu.Unlock()
		if conn, err = w.sourceConn(ctx); err != nil {
			return change.Offset{}, err
		}
	}
	if err != nil {
		return change.Offset{}, fmt.Errorf("read %s: %w", t.describe(s), err)
	}
	c.cfg.Hook("after-select")
	return c.binlogEnd(ctx, conn)
}

// strike leaves rows out that the stream has brought newer versions of.
func (w *worker) strike(s *segment) {
	if len(s.struck) == 0 {
		return
	}
	values := make([][]byte, w.layout.values())
	var key []byte
	for i := range w.buf.rows {
		row := w.buf.row(i, values)
		key = chunk.Key(row[:w.layout.keys]).AppendBytes(key[:0])
		if _, ok := s.struck[string(key)]; ok {
			w.buf.rows[i].left = true
		}
	}
}
