package binlog

import (
	"context"
	"net"
	"sync"

	"tandem/internal/change"
)

// Reader reads the transactions of one server's binlog, in order.
type Reader struct {
	cfg    Config
	server server
	conn   net.Conn
	recv   *receiver
	queue  *queue
	pos    position
	count  counters

	// What follows belongs to the goroutine that calls Next.
	frames frames
	group  group
	err    error

	closing  sync.Once
	received chan struct{} // closed when the receiver has ended
}

// keepSlabs is how many slabs are kept for use again.
const keepSlabs = 12

// Open connects to the server and begins to read behind from. It fails with a
// [PurgedError], an [AheadError] or a [SettingError] where the server can not
// go on from there.
func Open(ctx context.Context, cfg Config, from change.GTIDSet) (*Reader, error) {
	cfg = cfg.withDefaults()
	conn, srv, err := connect(ctx, cfg, from)
	if err != nil {
		return nil, err
	}
	r := newReader(cfg, srv)
	r.conn = conn
	r.recv = &receiver{conn: conn, server: srv.name, timeout: cfg.ReadTimeout, queue: r.queue, pool: r.frames.payload.pool}
	go func() {
		defer close(r.received)
		r.recv.run()
	}()
	cfg.Logger.InfoContext(ctx, "binlog opened", "server", srv.name, "server_uuid", srv.uuid,
		"version", srv.version, "server_id", cfg.ServerID)
	return r, nil
}

// newReader wires everything but the connection.
func newReader(cfg Config, srv server) *Reader {
	pool := newSlabPool(keepSlabs)
	r := &Reader{cfg: cfg, server: srv, received: make(chan struct{})}
	r.queue = newQueue(cfg.MemoryBudget, cfg.SpoolDir, pool)
	r.frames = frames{queue: r.queue, pos: &r.pos, payload: payload{pool: pool}}
	r.group = group{
		cfg:     &r.cfg,
		frames:  &r.frames,
		count:   &r.count,
		batches: newBatchPool(),
		judge:   judge{replicated: cfg.Replicated, schema: cfg.ReplicatedSchema, lower: srv.lowerCaseTables},
	}
	return r
}

// Next returns the next transaction, or the next part of one. It waits until
// there is one; if ctx ends first, nothing is lost and Next can be called again.
// After any other error it returns the same error for ever. It must not be
// called from two goroutines at once.
func (r *Reader) Next(ctx context.Context) (*change.Transaction, error) {
	for r.err == nil {
		e, err := r.frames.next(ctx)
		if err != nil {
			if ctx.Err() != nil && context.Cause(ctx) == err {
				return nil, err
			}
			r.err = err
			break
		}
		tx, kept, err := r.group.event(&e)
		if !kept {
			e.release()
		}
		if err != nil {
			r.err = err
			break
		}
		if tx != nil {
			r.count.handedOut(len(tx.Rows), tx.Last && !tx.GTID.IsZero(), tx.Own)
			return tx, nil
		}
	}
	return nil, r.err
}

// Buffered tells whether the end of a further transaction has been received,
// so that Next will not wait for the server. It belongs to the goroutine that
// calls Next.
func (r *Reader) Buffered() bool { return r.frames.buffered() }

// Position is how far Next has come in the server's binlog files; heartbeats
// and transactions that hold nothing of interest move it, too. It may be
// called from any goroutine.
func (r *Reader) Position() change.Offset { return r.pos.get() }

// ServerUUID is the server's identity, as of the connection's begin.
func (r *Reader) ServerUUID() string { return r.server.uuid }

// Stats may be called from any goroutine.
func (r *Reader) Stats() Stats {
	var s Stats
	if r.recv != nil {
		s.Events, s.Bytes = r.recv.events.Load(), r.recv.bytes.Load()
		s.Received = r.recv.position.get()
	}
	s.Read = r.pos.get()
	r.queue.fill(&s)
	r.count.fill(&s)
	return s
}

// Close ends the connection and frees what was buffered. A Next that is
// waiting returns [ErrClosed].
func (r *Reader) Close() error {
	r.closing.Do(func() {
		r.queue.finish(ErrClosed)
		if r.conn != nil {
			r.conn.Close()
			<-r.received
		}
		r.queue.discard()
	})
	return nil
}
