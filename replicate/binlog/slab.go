package binlog

import (
	"sync"
	"sync/atomic"
)

// slabSize is the usual size of a slab. It holds some thousand small events.
const slabSize = 256 << 10

// slab is a piece of memory that raw events lie in, one behind the other.
// Decoded strings point into it, so it is counted how many users it has, and
// it is used again only when the last one is done.
type slab struct {
	buf  []byte
	refs atomic.Int32
	pool *slabPool
}

func (s *slab) retain(n int32) { s.refs.Add(n) }

func (s *slab) release() {
	if s.refs.Add(-1) == 0 && s.pool != nil {
		s.pool.put(s)
	}
}

// slabPool keeps a few slabs for use again, and larger ones until the garbage
// collector wants them: a series of large rows shall not take new memory for
// each before that of the last one has been collected.
type slabPool struct {
	free  chan *slab
	large sync.Pool
}

func newSlabPool(n int) *slabPool { return &slabPool{free: make(chan *slab, n)} }

// get returns a slab of at least size bytes, with one user.
func (p *slabPool) get(size int) *slab {
	if size <= slabSize {
		select {
		case s := <-p.free:
			s.refs.Store(1)
			return s
		default:
			size = slabSize
		}
	} else if s, ok := p.large.Get().(*slab); ok && len(s.buf) >= size {
		s.refs.Store(1)
		return s
	}
	s := &slab{buf: make([]byte, size), pool: p}
	s.refs.Store(1)
	return s
}

func (p *slabPool) put(s *slab) {
	if len(s.buf) != slabSize {
		p.large.Put(s)
		return
	}
	select {
	case p.free <- s:
	default:
	}
}
