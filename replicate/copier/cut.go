package copier

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"tandem/internal/change"
)

// lookUp asks for a table's size before its first chunk.
func (j *job) lookUp(ctx context.Context) error {
	c, t := j.c, j.t
	t.planning.Lock()
	defer t.planning.Unlock()
	c.mu.Lock()
	known := t.rows > 0
	c.mu.Unlock()
	if known {
		return nil
	}
	conn, err := c.sources.get(ctx)
	if err != nil {
		return err
	}
	defer c.sources.put(conn)
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
	c.mu.Lock()
	t.rowsEstimated, t.bytesEstimated = max(rows, t.rowsCopied), size
	t.rows = int(min(max(c.cfg.ChunkBytes/max(length, 50), 1), maxRows))
	t.chunkBytes = min(size, c.cfg.ChunkBytes)
	if t.started.IsZero() {
		t.started = time.Now()
	}
	c.mu.Unlock()
	target, err := c.targets.get(ctx)
	if err != nil {
		return err
	}
	defer c.targets.put(target)
	return c.setState(ctx, target, t, stateCopying)
}

// maxRows bounds a chunk whatever the size of its rows.
const maxRows = 200_000

// cut cuts the next chunk off the table and begins it. It returns every
// transaction that the chunk's SELECT must see. j.segment stays nil when others
// have taken what was left.
func (j *job) cut(ctx context.Context) (want change.GTIDSet, err error) {
	c, t := j.c, j.t
	t.planning.Lock()
	defer t.planning.Unlock()
	c.mu.Lock()
	s, rows, space, generation := t.next(pending), t.rows, t.space, t.generation
	c.mu.Unlock()
	if s == nil || space == nil {
		return want, nil
	}
	conn, err := c.sources.get(ctx)
	if err != nil {
		return want, err
	}
	row, err := conn.One(ctx, space.AppendBoundary(nil, s.Range, rows))
	c.sources.put(conn)
	if err != nil && !definitionChanged(err) {
		return want, fmt.Errorf("cut %s: %w", t.name, err)
	}
	err = c.flip(ctx, change.Offset{}, func() bool {
		if t.copied() || s.state != pending || t.generation != generation || t.clearing {
			return true
		}
		if row != nil {
			if key, err := space.FromText(row); err == nil {
				t.split(s, key, s.planStep())
			}
		}
		s.state = reading
		t.phase = copying
		j.segment, j.generation = s, generation
		want = c.leftOut.Clone()
		return true
	})
	if err == nil && j.segment != nil {
		c.cfg.Hook("begin")
	}
	return want, err
}
