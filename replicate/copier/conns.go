package copier

import (
	"context"
	"errors"

	"tandem/internal/scan"
	"tandem/internal/wire"
)

// pool is a number of connections that are used again. A get waits for one to
// be put back when all are in use.
type pool struct {
	slots chan *wire.Conn
	open  func(context.Context) (*wire.Conn, error)
}

func newPool(n int, open func(context.Context) (*wire.Conn, error)) *pool {
	p := &pool{slots: make(chan *wire.Conn, n), open: open}
	for range n {
		p.slots <- nil
	}
	return p
}

func (p *pool) get(ctx context.Context) (*wire.Conn, error) {
	select {
	case conn := <-p.slots:
		if conn != nil && conn.Err() == nil {
			return conn, nil
		}
		conn, err := p.open(ctx)
		if err != nil {
			p.slots <- nil
			return nil, err
		}
		return conn, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// put gives a connection back; nil, for one that could not be opened again, is
// as good.
func (p *pool) put(conn *wire.Conn) {
	if conn != nil {
		conn.OnLarge(nil)
	}
	p.slots <- conn
}

// close closes the connections that have been put back.
func (p *pool) close() {
	for range cap(p.slots) {
		select {
		case conn := <-p.slots:
			if conn != nil {
				conn.Close()
			}
			p.slots <- nil
		default:
		}
	}
}

// reserve takes the memory that a chunk is expected to need.
func (j *job) reserve(ctx context.Context) error {
	j.c.mu.Lock()
	n := min(max(j.t.chunkBytes*5/4, minReserve), j.c.chunkCap)
	j.c.mu.Unlock()
	if err := j.c.memory.Acquire(ctx, n); err != nil {
		return context.Cause(ctx)
	}
	j.reserved = n
	j.buf.free = j.c.blocks
	return nil
}

// minReserve is what even the smallest chunk counts.
const minReserve = firstBlock

// release gives the job's memory back.
func (j *job) release() {
	j.c.blocks.giveBack(&j.buf)
	j.c.memory.Release(j.reserved)
	j.reserved = 0
	if j.large {
		j.large = false
		<-j.c.large
	}
}

// errWantLarge ends a SELECT that has come to a large row out of turn.
var errWantLarge = errors.New("wait for the turn to hold large rows")

// tryLarge takes the turn to hold large rows if it can be had at once: a chunk
// that has it may wait for the stream, and must not be waited for by one that
// holds a connection.
func (j *job) tryLarge() error {
	if j.large {
		return nil
	}
	select {
	case j.c.large <- struct{}{}:
		j.large = true
		return nil
	default:
		return errWantLarge
	}
}

// takeLarge waits for the turn to hold large rows.
func (j *job) takeLarge(ctx context.Context) error {
	select {
	case j.c.large <- struct{}{}:
		j.large = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// layoutOf returns how rows of the table are read and written now. c.mu is held.
func (c *Copier) layoutOf(t *table, source *wire.Conn) *layout {
	if t.layout == nil || t.layout.def != t.def {
		t.layout = newLayout(t.def, scan.HasJSONTable(source.Version()) && !c.cfg.NoJSONTable)
	}
	return t.layout
}
