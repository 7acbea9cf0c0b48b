package binlog

import (
	"sync"
	"unsafe"

	"tandem/internal/change"
)

// batch is a transaction (or a part of one) under construction, with the
// memory that its rows lie in. It is used again after the transaction's Release.
type batch struct {
	tx     change.Transaction
	arena  arena
	images imageArena
	slabs  []*slab
	json   jsonDecoder
	pool   *sync.Pool
	free   func(*change.Transaction)
}

func newBatchPool() *sync.Pool {
	pool := new(sync.Pool)
	pool.New = func() any {
		b := &batch{pool: pool}
		b.free = func(*change.Transaction) { b.recycle() }
		return b
	}
	return pool
}

// hold keeps the memory that an event lies in for as long as the batch lives.
// It takes over the event's use of the slab.
func (b *batch) hold(s *slab) {
	if s == nil {
		return
	}
	if n := len(b.slabs); n > 0 && b.slabs[n-1] == s {
		s.release()
		return
	}
	b.slabs = append(b.slabs, s)
}

// size is about how much memory the batch takes.
func (b *batch) size() int {
	return b.tx.Bytes + b.arena.size + b.images.count*int(unsafe.Sizeof([]byte(nil))) +
		len(b.tx.Rows)*int(unsafe.Sizeof(change.RowChange{}))
}

// handOut returns the finished transaction.
func (b *batch) handOut() *change.Transaction {
	b.tx.OnRelease(b.free)
	b.tx.Memory = b.size()
	return &b.tx
}

// keepRows is how long a list of changes may be to be kept for the next one.
const keepRows = 1 << 14

func (b *batch) recycle() {
	rows := b.tx.Rows
	clear(rows)
	if cap(rows) > keepRows {
		rows = nil
	}
	b.tx = change.Transaction{Rows: rows[:0]}
	for _, s := range b.slabs {
		s.release()
	}
	clear(b.slabs)
	b.slabs = b.slabs[:0]
	b.arena.reset()
	b.images.reset()
	b.json.reset()
	b.pool.Put(b)
}
