package copier

import (
	"context"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/wire"
)

// errCut ends a SELECT whose rows do not fit into memory.
var errCut = errors.New("chunk cut")

// largeRow is the size from which on a row keeps the memory that it was read
// into.
const largeRow = blockSize / 2

// maxAttempts is how often something is tried again.
const maxAttempts = 20

// readAgain reads the segment, as often as it takes.
func (j *job) readAgain(ctx context.Context, want change.GTIDSet) (change.Offset, error) {
	for attempt := 0; ; attempt++ {
		end, err := j.read(ctx, want)
		if err == nil {
			return end, nil
		}
		if err = j.rereadAfter(ctx, err, attempt); err != nil {
			return change.Offset{}, err
		}
		want = j.c.mustSee()
	}
}

// read reads the segment into the buffer and returns the end of the binlog
// after. When the rows do not fit, the segment is cut: the rest is a segment of
// its own, reading too, with what was struck so far.
func (j *job) read(ctx context.Context, want change.GTIDSet) (change.Offset, error) {
	c, t, s := j.c, j.t, j.segment
	conn, err := c.sources.get(ctx)
	if err != nil {
		return change.Offset{}, err
	}
	defer func() {
		if conn != nil {
			c.sources.put(conn)
		}
	}()
	if err := c.waitVisible(ctx, conn, want); err != nil {
		return change.Offset{}, err
	}
	c.mu.Lock()
	l, r := c.layoutOf(t, conn), s.Range
	limit := 0
	if s.tries > 1 {
		// What makes it outdated comes so often that it must be quick.
		limit = max(t.rows>>min(s.tries, 6), 1)
	}
	c.mu.Unlock()
	if l.space == nil {
		return change.Offset{}, errAgain
	}
	j.layout = l
	j.buf.reset()
	j.sql = l.space.AppendFrom(append(j.sql[:0], l.sel...), r)
	var cut chunk.Key
	conn.OnLarge(j.tryLarge)
	err = conn.Query(ctx, j.sql, func(v [][]byte) error {
		size := rowSize(v)
		if limit > 0 && len(j.buf.rows) >= limit || len(j.buf.rows) > 0 && !j.fits(size) {
			if cut, err = l.key(v); err != nil {
				return err
			}
			return errCut
		}
		j.add(conn, v, size)
		return nil
	})
	if errors.Is(err, errCut) {
		c.sources.put(conn)
		c.mu.Lock()
		if j.generation == t.generation {
			if rest := t.split(s, cut, s.cutStep()); rest != nil {
				rest.rest, s.rest = s.rest, rest
			} else {
				t.restart(t.def)
			}
		}
		c.mu.Unlock()
		conn, err = c.sources.get(ctx)
	}
	if err != nil {
		return change.Offset{}, fmt.Errorf("read %s %s: %w", t.name, l.space.Format(r), err)
	}
	if err := j.askTypes(ctx, conn); err != nil {
		return change.Offset{}, err
	}
	if err := j.learn(); err != nil {
		return change.Offset{}, err
	}
	c.cfg.Hook("after-select")
	return c.binlogEnd(ctx, conn)
}

func rowSize(values [][]byte) int {
	n := 0
	for _, v := range values {
		n += len(v)
	}
	return n
}

// rowOverhead is what a row takes besides its values.
const rowOverhead = 40

// fits tells whether another row fits, taking more memory for it if there is
// any.
func (j *job) fits(size int) bool {
	need := j.buf.size + int64(len(j.buf.rows)+1)*rowOverhead + int64(size)
	if need > j.c.chunkCap {
		return false
	}
	for j.reserved < need {
		if !j.c.memory.TryAcquire(blockSize) {
			return false
		}
		j.reserved += blockSize
	}
	return true
}

func (j *job) add(conn *wire.Conn, values [][]byte, size int) {
	own := size >= largeRow
	if own {
		conn.Detach()
	}
	j.buf.add(values, size, own)
}

// strike leaves rows out that the stream has brought newer versions of.
func (j *job) strike() {
	struck := j.segment.struck
	if len(struck) == 0 {
		return
	}
	values := make([][]byte, j.layout.values())
	var key []byte
	for i := range j.buf.rows {
		row := j.buf.row(i, values)
		key = chunk.Key(row[:j.layout.keys]).AppendBytes(key[:0])
		if _, ok := struck[string(key)]; ok {
			j.buf.rows[i].left = true
		}
	}
}

// rereadAfter decides whether a chunk is read again after a SELECT that failed,
// and waits for what makes it worth while.
func (j *job) rereadAfter(ctx context.Context, err error, attempt int) error {
	c, t := j.c, j.t
	if ctx.Err() != nil || attempt >= maxAttempts {
		return err
	}
	if errors.Is(err, errWantLarge) {
		return j.takeLarge(ctx)
	}
	if lost := new(wire.LostError); errors.As(err, &lost) {
		c.cfg.Logger.Warn("reading again", "table", t.name.String(), "error", err)
		return nil
	}
	if !definitionChanged(err) && !errors.Is(err, errAgain) {
		return err
	}
	// The source is ahead of the stream: a statement has changed the table. When
	// the stream has come by it, the definition fits again.
	c.cfg.Logger.Info("chunk waits for a statement", "table", t.name.String(), "error", err)
	conn, connErr := c.sources.get(ctx)
	if connErr != nil {
		return errors.Join(err, connErr)
	}
	end, endErr := c.binlogEnd(ctx, conn)
	c.sources.put(conn)
	if endErr != nil {
		return errors.Join(err, endErr)
	}
	gone := false
	if flipErr := c.flip(ctx, end, func() bool { gone = j.gone(); return true }); flipErr != nil {
		return flipErr
	}
	if gone {
		return errGone
	}
	return nil
}

// errGone says that the table is not copied any more, or anew by others.
var errGone = errors.New("no longer to be copied")

// gone tells whether the job has nothing to do any more. c.mu is held.
func (j *job) gone() bool {
	return j.t.copied() || j.t.broken != nil || j.t.generation != j.generation
}

// mustSee returns what a SELECT that is made now must see.
func (c *Copier) mustSee() change.GTIDSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leftOut.Clone()
}
