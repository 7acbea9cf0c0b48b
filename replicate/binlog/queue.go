package binlog

import (
	"context"
	"sync"
)

// entry is one raw event. Whoever holds it holds one use of the slab.
type entry struct {
	slab *slab
	data []byte
	// disk is set where data is only the beginning of the event.
	disk *onDisk
}

func (e *entry) release() {
	e.slab.release()
	if e.disk != nil {
		e.disk.seg.release()
	}
}

// queue holds raw events between the receiver and Next: in memory up to a
// budget, on disk beyond. Once something is on disk everything new goes there,
// until all of it has been read back: that keeps the order.
type queue struct {
	mu     sync.Mutex
	ready  chan struct{} // holds a token when pop should look again
	pool   *slabPool
	budget int64

	mem   []entry
	head  int
	bytes int64
	spool spool
	ends  int64 // events in the queue that end a transaction
	err   error // why nothing more comes
}

func newQueue(budget int64, dir string, pool *slabPool) *queue {
	return &queue{ready: make(chan struct{}, 1), pool: pool, budget: budget, spool: spool{dir: dir}}
}

// push adds a batch of events. The queue takes over their uses of slabs.
func (q *queue) push(batch []entry) error {
	if len(batch) == 0 {
		return nil
	}
	var ends, size int64
	for _, e := range batch {
		size += int64(len(e.data))
		if endsTransaction(e.data) {
			ends++
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		releaseAll(batch)
		return q.err
	}
	if !q.spool.empty() || (q.bytes > 0 && q.bytes+size > q.budget) {
		err := q.spool.append(batch)
		releaseAll(batch)
		if err != nil {
			return err
		}
	} else {
		q.compact()
		q.mem = append(q.mem, batch...)
		q.bytes += size
	}
	q.ends += ends
	q.wake()
	return nil
}

// pushSpooled adds an event that was written to disk as it came, behind all
// others.
func (q *queue) pushSpooled(e *spooledEvent, header []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	q.spool.add(e)
	if endsTransaction(header) {
		q.ends++
	}
	q.wake()
	return nil
}

// compact moves what is left to the front once half of the slice is used up.
func (q *queue) compact() {
	if q.head > 64 && q.head*2 > len(q.mem) {
		n := copy(q.mem, q.mem[q.head:])
		clear(q.mem[n:])
		q.mem, q.head = q.mem[:n], 0
	}
}

// pop returns the next event, waiting for it. What went wrong at the other end
// is reported when everything received before it has been taken.
func (q *queue) pop(ctx context.Context) (entry, error) {
	for {
		e, ok, err := q.take()
		if ok || err != nil {
			return e, err
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return entry{}, context.Cause(ctx)
		}
	}
}

func (q *queue) take() (entry, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head == len(q.mem) {
		clear(q.mem)
		q.mem, q.head = q.mem[:0], 0
		if !q.spool.empty() {
			var err error
			if q.mem, err = q.spool.load(q.pool, q.mem); err != nil {
				return entry{}, false, err
			}
			for _, e := range q.mem {
				q.bytes += int64(len(e.data))
			}
		}
	}
	if q.head == len(q.mem) {
		return entry{}, false, q.err
	}
	e := q.mem[q.head]
	q.mem[q.head] = entry{}
	q.head++
	q.bytes -= int64(len(e.data))
	if endsTransaction(e.data) {
		q.ends--
	}
	return e, true, nil
}

// finish says that nothing more comes, and why.
func (q *queue) finish(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	q.wake()
}

// discard drops what is buffered.
func (q *queue) discard() {
	q.mu.Lock()
	defer q.mu.Unlock()
	releaseAll(q.mem[q.head:])
	q.mem, q.head, q.bytes, q.ends = nil, 0, 0, 0
	q.spool.close()
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) fill(s *Stats) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s.Buffered, s.Spooled, s.SpooledTotal = q.bytes, q.spool.size, q.spool.total
}

// complete tells whether the end of a transaction is in the queue.
func (q *queue) complete() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ends > 0
}

func releaseAll(batch []entry) {
	for i := range batch {
		batch[i].release()
	}
}
