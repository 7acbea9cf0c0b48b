package copier

import "encoding/binary"

// blockSize is the unit in which memory is taken; rows up to half of that size
// share blocks. The first block of a buffer is smaller: many tables are.
const (
	blockSize  = 1 << 20
	firstBlock = 64 << 10
)

// buffer holds the rows of a chunk, in key order, as the server sent them.
type buffer struct {
	free   blocks
	blocks [][]byte
	used   int // blocks in use
	rows   []bufferedRow
	size   int64
}

// blocks are blocks of memory to be used again.
type blocks chan []byte

// giveBack empties a buffer and takes its blocks.
func (f blocks) giveBack(b *buffer) {
	for _, block := range b.blocks {
		if cap(block) != blockSize {
			continue
		}
		select {
		case f <- block[:0]:
		default:
		}
	}
	*b = buffer{}
}

// bufferedRow is a row in a block, or one that has memory of its own.
type bufferedRow struct {
	own               [][]byte
	block, start, end int32
	left              bool // left out of what is written
}

func (b *buffer) reset() {
	b.used = 0
	clear(b.rows)
	b.rows = b.rows[:0]
	b.size = 0
}

// add copies a row in. own tells that the values' memory now belongs to the
// buffer; it is for rows too large to be copied.
func (b *buffer) add(values [][]byte, size int, own bool) {
	b.size += int64(size)
	if own {
		b.rows = append(b.rows, bufferedRow{own: append([][]byte(nil), values...)})
		return
	}
	need := size + binary.MaxVarintLen32*len(values)
	if b.used == 0 || cap(b.blocks[b.used-1])-len(b.blocks[b.used-1]) < need {
		b.nextBlock(need)
	}
	i := b.used - 1
	block := b.blocks[i]
	start := len(block)
	for _, v := range values {
		// A length of 0 is NULL; others are one more than they are.
		if v == nil {
			block = append(block, 0)
			continue
		}
		block = binary.AppendUvarint(block, uint64(len(v))+1)
		block = append(block, v...)
	}
	b.blocks[i] = block
	b.rows = append(b.rows, bufferedRow{block: int32(i), start: int32(start), end: int32(len(block))})
}

func (b *buffer) nextBlock(need int) {
	if b.used == len(b.blocks) {
		b.blocks = append(b.blocks, b.newBlock(need))
	}
	if cap(b.blocks[b.used]) < need {
		b.blocks[b.used] = make([]byte, 0, max(blockSize, need))
	}
	b.blocks[b.used] = b.blocks[b.used][:0]
	b.used++
}

func (b *buffer) newBlock(need int) []byte {
	if b.used == 0 && need <= firstBlock {
		return make([]byte, 0, firstBlock)
	}
	select {
	case block := <-b.free:
		return block
	default:
		return make([]byte, 0, blockSize)
	}
}

// row returns the values of the i-th row in dst, which must have their number.
func (b *buffer) row(i int, dst [][]byte) [][]byte {
	r := &b.rows[i]
	if r.own != nil {
		return r.own
	}
	p := b.blocks[r.block][r.start:r.end]
	for j := range dst {
		n, w := binary.Uvarint(p)
		p = p[w:]
		if n == 0 {
			dst[j] = nil
			continue
		}
		dst[j] = p[: n-1 : n-1]
		p = p[n-1:]
	}
	return dst
}
