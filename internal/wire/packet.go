package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	readBuffer  = 64 << 10
	writeBuffer = 64 << 10
	// maxPayload is what one packet can hold; longer payloads go on in the next.
	maxPayload = 1<<24 - 1
	// keepBuffer is the largest packet buffer that is kept for the next packet.
	keepBuffer = 1 << 20
	// largePacket is what [Conn.OnLarge] is told of.
	largePacket = 4 << 20

	comQuit  = 0x01
	comQuery = 0x03

	headOK        = 0x00
	headLocalFile = 0xfb
	headEOF       = 0xfe
	headErr       = 0xff
)

// writeCommand sends one command.
func (c *Conn) writeCommand(command byte, payload []byte) error {
	if c.maxPacket > 0 && len(payload)+1 > c.maxPacket {
		return &TooLargeError{Endpoint: c.endpoint, Size: len(payload) + 1, Limit: c.maxPacket}
	}
	c.seq = 0
	n := min(len(payload), maxPayload-1)
	if err := c.writeHeader(n + 1); err != nil {
		return err
	}
	if err := c.w.WriteByte(command); err != nil {
		return err
	}
	if _, err := c.w.Write(payload[:n]); err != nil {
		return err
	}
	// A payload that fills its last packet exactly is ended by an empty one.
	for full := n+1 == maxPayload; full; {
		payload = payload[n:]
		n = min(len(payload), maxPayload)
		if err := c.writeHeader(n); err != nil {
			return err
		}
		if _, err := c.w.Write(payload[:n]); err != nil {
			return err
		}
		full = n == maxPayload
	}
	return c.w.Flush()
}

func (c *Conn) writeHeader(n int) error {
	h := [4]byte{byte(n), byte(n >> 8), byte(n >> 16), c.seq}
	c.seq++
	_, err := c.w.Write(h[:])
	return err
}

// readPacket reads one payload. It is valid until the next call.
func (c *Conn) readPacket() ([]byte, error) {
	if cap(c.buf) > keepBuffer {
		c.buf = nil
	}
	c.buf = c.buf[:0]
	for {
		// A field, since a variable would escape to the heap for every packet.
		h := &c.head
		if _, err := io.ReadFull(c.r, h[:]); err != nil {
			return nil, err
		}
		if h[3] != c.seq {
			return nil, fmt.Errorf("packet out of order: number %d, expected %d", h[3], c.seq)
		}
		c.seq++
		n := int(h[0]) | int(h[1])<<8 | int(h[2])<<16
		if n >= largePacket && c.onLarge != nil && len(c.buf) == 0 {
			if err := c.onLarge(); err != nil {
				return nil, err
			}
		}
		start := len(c.buf)
		c.grow(n)
		c.buf = c.buf[:start+n]
		if _, err := io.ReadFull(c.r, c.buf[start:]); err != nil {
			return nil, err
		}
		if n < maxPayload {
			break
		}
	}
	if len(c.buf) == 0 {
		return nil, fmt.Errorf("empty packet")
	}
	return c.buf, nil
}

// grow makes room for n bytes more. Doubling is for small packets; one that
// fills several frames grows by two frames at a time, so that a row of 60 MB
// does not take 128.
func (c *Conn) grow(n int) {
	need := len(c.buf) + n
	if need <= cap(c.buf) {
		return
	}
	size := need
	switch {
	case need < keepBuffer/2:
		size = max(2*cap(c.buf), need, 4<<10)
	case n == maxPayload:
		size = need + maxPayload
	}
	grown := make([]byte, len(c.buf), size)
	copy(grown, c.buf)
	c.buf = grown
}

func parseError(p []byte) error {
	if len(p) < 3 {
		return fmt.Errorf("malformed error packet")
	}
	e := &Error{Code: binary.LittleEndian.Uint16(p[1:])}
	p = p[3:]
	if len(p) >= 6 && p[0] == '#' {
		e.State = string(p[1:6])
		p = p[6:]
	}
	e.Message = string(p)
	return e
}

// lenenc reads a length-encoded integer. ok is false for NULL and for what is
// cut short (rest is nil then).
func lenenc(p []byte) (n uint64, rest []byte, ok bool) {
	if len(p) == 0 {
		return 0, nil, false
	}
	switch b := p[0]; {
	case b < 0xfb:
		return uint64(b), p[1:], true
	case b == 0xfb:
		return 0, p[1:], false
	case b == 0xfc && len(p) >= 3:
		return uint64(p[1]) | uint64(p[2])<<8, p[3:], true
	case b == 0xfd && len(p) >= 4:
		return uint64(p[1]) | uint64(p[2])<<8 | uint64(p[3])<<16, p[4:], true
	case b == 0xfe && len(p) >= 9:
		return binary.LittleEndian.Uint64(p[1:]), p[9:], true
	}
	return 0, nil, false
}
