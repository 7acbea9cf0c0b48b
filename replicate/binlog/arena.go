package binlog

// arenaBlock is the size of an arena's blocks; larger values get their own. The
// first blocks are smaller: thousands of small transactions may wait to be
// applied, each with an arena of its own.
const (
	arenaFirst = 512
	arenaBlock = 64 << 10
)

// arenaKeep is how much an emptied arena keeps for the next transaction.
const arenaKeep = 1 << 20

// arena is memory for values that have to be made: numbers and dates as text.
// Values point into its blocks, which are never moved, and are used again all
// at once when the transaction that they belong to is released.
type arena struct {
	blocks [][]byte
	used   int // blocks before this one are full
	size   int // bytes of the values kept
}

// room returns an empty slice with room for n bytes. Appending up to n bytes
// to it does not move it; keep takes what was appended.
func (a *arena) room(n int) []byte {
	for a.used < len(a.blocks) {
		b := a.blocks[a.used]
		if cap(b)-len(b) >= n {
			return b[len(b):]
		}
		a.used++
	}
	size := min(arenaFirst<<(2*min(len(a.blocks), 8)), arenaBlock)
	a.blocks = append(a.blocks, make([]byte, 0, max(n, size)))
	return a.blocks[a.used]
}

// keep makes v, which was appended to the room handed out last, a value.
func (a *arena) keep(v []byte) []byte {
	b := &a.blocks[a.used]
	*b = (*b)[:len(*b)+len(v)]
	a.size += len(v)
	return v[:len(v):len(v)]
}

// copy returns a copy of v, never nil.
func (a *arena) copy(v []byte) []byte { return a.keep(append(a.room(len(v)), v...)) }

func (a *arena) reset() {
	keep := 0
	size := 0
	for i, b := range a.blocks {
		if size+cap(b) > arenaKeep {
			break
		}
		a.blocks[i] = b[:0]
		size += cap(b)
		keep++
	}
	clear(a.blocks[keep:])
	a.blocks, a.used, a.size = a.blocks[:keep], 0, 0
}

// imageArena is memory for row images: slices of values.
type imageArena struct {
	blocks [][][]byte
	used   int
	pos    int
	count  int // values handed out since the last reset
}

// The blocks of an imageArena, in values: small at first, as those of an arena.
const (
	imageFirst = 32
	imageBlock = 4096
)

// take returns a slice of n values, whose contents are left over from before.
func (a *imageArena) take(n int) [][]byte {
	a.count += n
	for a.used < len(a.blocks) {
		if b := a.blocks[a.used]; a.pos+n <= len(b) {
			v := b[a.pos : a.pos+n : a.pos+n]
			a.pos += n
			return v
		}
		a.used, a.pos = a.used+1, 0
	}
	size := min(imageFirst<<(2*min(len(a.blocks), 8)), imageBlock)
	a.blocks = append(a.blocks, make([][]byte, max(n, size)))
	a.pos = n
	return a.blocks[a.used][:n:n]
}

// reset forgets all images, and clears them, so that they hold on to nothing.
func (a *imageArena) reset() {
	for i := 0; i <= a.used && i < len(a.blocks); i++ {
		clear(a.blocks[i])
	}
	if keep := arenaKeep / (imageBlock * 24); len(a.blocks) > keep {
		clear(a.blocks[keep:])
		a.blocks = a.blocks[:keep]
	}
	a.used, a.pos, a.count = 0, 0, 0
}
