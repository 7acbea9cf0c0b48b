package binlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/klauspost/compress/zstd"
)

// payload unpacks a compressed transaction event by event: a few kilobytes can
// hold hundreds of megabytes.
type payload struct {
	logPos  uint32
	size    int
	source  *slab
	r       io.Reader
	decoder *zstd.Decoder // kept for the next payload
	pool    *slabPool
	cur     *slab
	used    int
}

// payloadWindow is the largest window that a compressed payload may ask for.
const payloadWindow = 64 << 20

func (p *payload) active() bool { return p.r != nil }

// open begins with a TRANSACTION_PAYLOAD_EVENT, whose use of the slab it takes.
func (p *payload) open(e event) error {
	body, compression, err := parsePayload(e.body)
	if err != nil {
		e.slab.release()
		return err
	}
	p.logPos, p.size, p.source = e.logPos, e.size, e.slab
	src := bytes.NewReader(body)
	switch compression {
	case replication.ZSTD:
		if p.decoder == nil {
			p.decoder, err = zstd.NewReader(src, zstd.WithDecoderConcurrency(1),
				zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(payloadWindow))
		} else {
			err = p.decoder.Reset(src)
		}
		p.r = p.decoder
	case replication.NONE:
		p.r = src
	default:
		err = fmt.Errorf("transaction payload with unknown compression %d", compression)
	}
	if err != nil {
		p.close()
	}
	return err
}

// parsePayload reads the fields in front of the compressed bytes.
func parsePayload(b []byte) (body []byte, compression uint64, err error) {
	c := cursor{b: b}
	compression = replication.NONE
	for {
		field := c.lenenc()
		if c.bad {
			return nil, 0, errors.New("malformed transaction payload")
		}
		if field == replication.OTW_PAYLOAD_HEADER_END_MARK {
			return c.b, compression, nil
		}
		value := cursor{b: c.counted()}
		if field == replication.OTW_PAYLOAD_COMPRESSION_TYPE_FIELD {
			compression = value.lenenc()
		}
	}
}

// next returns the next event inside, or io.EOF behind the last one.
func (p *payload) next() (event, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		p.close()
		if errors.Is(err, io.EOF) {
			return event{}, io.EOF
		}
		return event{}, fmt.Errorf("unpack transaction payload: %w", err)
	}
	size := int(binary.LittleEndian.Uint32(head[9:]))
	if size < headerSize {
		p.close()
		return event{}, errors.New("unpack transaction payload: event without a header")
	}
	data, err := p.read(head[:], size)
	if err != nil {
		p.close()
		return event{}, fmt.Errorf("unpack transaction payload: %w", err)
	}
	e, _ := parseEvent(data)
	p.cur.retain(1)
	e.slab = p.cur
	return e, nil
}

func (p *payload) read(head []byte, size int) ([]byte, error) {
	if p.cur == nil || len(p.cur.buf)-p.used < size {
		if size > slabSize {
			return p.readLarge(head, size)
		}
		if p.cur != nil {
			p.cur.release()
		}
		p.cur, p.used = p.pool.get(slabSize), 0
	}
	data := p.cur.buf[p.used : p.used+size : p.used+size]
	p.used += size
	copy(data, head)
	_, err := io.ReadFull(p.r, data[len(head):])
	return data, err
}

// readLarge does not believe a size before the bytes are there.
func (p *payload) readLarge(head []byte, size int) ([]byte, error) {
	buf := bytes.NewBuffer(append(make([]byte, 0, 2*slabSize), head...))
	n, err := io.CopyN(buf, p.r, int64(size-len(head)))
	if err != nil {
		return nil, fmt.Errorf("event of %d bytes ends after %d: %w", size, n, err)
	}
	if p.cur != nil {
		p.cur.release()
	}
	p.cur = &slab{buf: buf.Bytes()}
	p.cur.refs.Store(1)
	p.used = size
	return p.cur.buf[:size:size], nil
}

func (p *payload) close() {
	p.r = nil
	if p.source != nil {
		p.source.release()
		p.source = nil
	}
	if p.cur != nil {
		p.cur.release()
		p.cur = nil
	}
}

// free ends the decoder for good.
func (p *payload) free() {
	p.close()
	if p.decoder != nil {
		p.decoder.Close()
		p.decoder = nil
	}
}
