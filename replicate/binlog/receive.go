package binlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"
)

// maxPacket is the payload size from which the protocol splits what it sends.
const maxPacket = 1<<24 - 1

// minRead is the room in a slab below which it is not worth reading into it.
const minRead = 16 << 10

// receiver moves events from the connection to the queue. It reads straight
// into slabs, many packets at once, and does not look inside events.
type receiver struct {
	conn    net.Conn
	server  string
	timeout time.Duration
	queue   *queue
	pool    *slabPool

	cur    *slab
	r, w   int // what is read and not yet taken: cur.buf[r:w]
	seq    byte
	batch  []entry
	events atomic.Int64
	bytes  atomic.Int64

	format   formatDescription
	position position // how far the server has sent
}

// run receives until the connection ends. The reason goes into the queue,
// behind the events.
func (c *receiver) run() {
	c.cur = c.pool.get(slabSize)
	c.seq = 1
	err := c.receive()
	c.cur.release()
	c.queue.finish(err)
}

func (c *receiver) receive() error {
	for {
		err := c.parse()
		if pushErr := c.flush(); pushErr != nil {
			return pushErr
		}
		if err != nil {
			return err
		}
		c.makeRoom()
		if err := c.conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return c.lost(err)
		}
		n, err := c.conn.Read(c.cur.buf[c.w:])
		c.w += n
		if n == 0 && err != nil {
			return c.lost(err)
		}
	}
}

// parse takes whole packets out of the slab.
func (c *receiver) parse() error {
	for c.w-c.r >= 4 {
		head := c.cur.buf[c.r:]
		n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		if n == maxPacket {
			if c.w-c.r < 4+1+headerSize {
				return nil
			}
			if err := c.large(); err != nil {
				return err
			}
			continue
		}
		if c.w-c.r < 4+n {
			return nil
		}
		if err := c.sequence(head[3]); err != nil {
			return err
		}
		payload := c.cur.buf[c.r+4 : c.r+4+n : c.r+4+n]
		c.r += 4 + n
		if err := c.packet(c.cur, payload); err != nil {
			return err
		}
	}
	return nil
}

func (c *receiver) sequence(got byte) error {
	if got != c.seq {
		return &CorruptError{Detail: fmt.Sprintf("packet %d arrived where %d was due", got, c.seq)}
	}
	c.seq++
	return nil
}

// packet handles the payload of one packet: an event behind a zero byte, or
// the end.
func (c *receiver) packet(s *slab, payload []byte) error {
	if len(payload) == 0 {
		return &CorruptError{Detail: "empty packet"}
	}
	switch payload[0] {
	case 0x00:
		event := payload[1:]
		if len(event) < headerSize || int(binary.LittleEndian.Uint32(event[9:])) != len(event) {
			return &CorruptError{Detail: "the event's size is not that of its packet"}
		}
		s.retain(1)
		c.batch = append(c.batch, entry{slab: s, data: event})
		c.events.Add(1)
		c.bytes.Add(int64(len(event)))
		c.follow(event)
		return nil
	case 0xff:
		return c.serverError(payload)
	case 0xfe:
		return c.lost(errors.New("the server has ended the stream"))
	}
	return &CorruptError{Detail: fmt.Sprintf("packet of unknown kind 0x%02x", payload[0])}
}

// follow notes how far the server has sent. What does not look right is left
// for Next to find.
func (c *receiver) follow(event []byte) {
	body := event[headerSize:]
	switch replication.EventType(event[4]) {
	case replication.FORMAT_DESCRIPTION_EVENT:
		c.format, _ = parseFormatDescription(body)
	case replication.ROTATE_EVENT:
		if hasChecksum(event, c.format) && len(body) > checksumSize {
			body = body[:len(body)-checksumSize]
		}
		if len(body) > 8 {
			c.position.rotate(string(body[8:]), littleEndian(body[:8]))
			return
		}
	}
	if binary.LittleEndian.Uint16(event[17:])&flagArtificial == 0 {
		c.position.advance(binary.LittleEndian.Uint32(event[13:]))
	}
}

// large moves an event that comes in several packets to disk as it arrives:
// there may be one in memory already, that is being applied, and two would be
// one too many.
func (c *receiver) large() error {
	size := int(binary.LittleEndian.Uint32(c.cur.buf[c.r+4+1+9:]))
	if 1+size < maxPacket {
		return &CorruptError{Detail: "the event's size is not that of its packets"}
	}
	if err := c.flush(); err != nil {
		return err
	}
	event, err := c.queue.spool.begin(size)
	if err != nil {
		return err
	}
	defer event.discard()
	buf := c.pool.get(slabSize)
	defer buf.release()
	var header [headerSize]byte
	for got, more := 0, true; more; {
		var head [4]byte
		if err := c.readFull(head[:]); err != nil {
			return err
		}
		if err := c.sequence(head[3]); err != nil {
			return err
		}
		n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		more = n == maxPacket
		if got == 0 {
			// The zero byte before the event.
			if err := c.readFull(head[:1]); err != nil {
				return err
			}
			n--
		}
		if got+n > size || !more && got+n < size {
			return &CorruptError{Detail: "the event's size is not that of its packets"}
		}
		for n > 0 {
			part := buf.buf[:min(n, slabSize)]
			if err := c.readFull(part); err != nil {
				return err
			}
			if got == 0 {
				copy(header[:], part)
			}
			if err := event.write(part); err != nil {
				return err
			}
			got, n = got+len(part), n-len(part)
		}
	}
	c.events.Add(1)
	c.bytes.Add(int64(size))
	c.follow(header[:])
	return c.queue.pushSpooled(event, header[:])
}

// readFull reads what is left in the slab first.
func (c *receiver) readFull(dst []byte) error {
	n := copy(dst, c.cur.buf[c.r:c.w])
	c.r += n
	for n < len(dst) {
		if err := c.conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return c.lost(err)
		}
		// A bounded step, so that the deadline is about silence and not about
		// how long a large event takes on a slow line.
		step := min(len(dst)-n, slabSize)
		m, err := io.ReadFull(c.conn, dst[n:n+step])
		n += m
		if err != nil {
			return c.lost(err)
		}
	}
	return nil
}

// makeRoom goes on to a new slab when the packet under way does not fit into
// what is left of this one.
func (c *receiver) makeRoom() {
	need := minRead
	if c.w-c.r >= 4 {
		head := c.cur.buf[c.r:]
		need = max(need, 4+int(head[0])|int(head[1])<<8|int(head[2])<<16)
		need = min(need, 4+maxPacket)
	}
	if len(c.cur.buf)-c.r >= need && len(c.cur.buf)-c.w > 0 {
		return
	}
	next := c.pool.get(max(need, slabSize))
	n := copy(next.buf, c.cur.buf[c.r:c.w])
	c.cur.release()
	c.cur, c.r, c.w = next, 0, n
}

func (c *receiver) flush() error {
	err := c.queue.push(c.batch)
	clear(c.batch)
	c.batch = c.batch[:0]
	return err
}

func (c *receiver) lost(err error) error { return &LostError{Server: c.server, Err: err} }

// serverError reads the packet in which the server says why it ends the stream.
func (c *receiver) serverError(p []byte) error {
	if len(p) < 3 {
		return &CorruptError{Detail: "malformed error packet"}
	}
	code := binary.LittleEndian.Uint16(p[1:])
	text := string(p[3:])
	if strings.HasPrefix(text, "#") && len(text) >= 6 {
		text = text[6:]
	}
	err := fmt.Errorf("error %d: %s", code, text)
	switch {
	case code == 1236 && strings.Contains(text, "same server_uuid/server_id"):
		return &ReplacedError{Server: c.server, Err: err}
	case code == 1236 || code == 1045 || code == 1227:
		return fmt.Errorf("read binlog of %s: %w", c.server, err)
	}
	return c.lost(err)
}
