package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// loadFrame is the size of the packets that LOAD DATA LOCAL is fed with.
const loadFrame = 128 << 10

// Load runs a LOAD DATA LOCAL INFILE statement and sends what write writes as
// the file. When write fails, the connection is closed, so that the server
// drops what it has got: the statement belongs into an open transaction.
func (c *Conn) Load(ctx context.Context, sql []byte, write func(io.Writer) error) (Result, error) {
	end, err := c.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	var callback error
	r, err := c.load(sql, func(w io.Writer) error {
		callback = write(w)
		return callback
	})
	err = end(err)
	if callback != nil && c.broken != nil && ctx.Err() == nil && !errors.Is(callback, errLoadWrite) {
		return Result{}, callback
	}
	return r, err
}

// errLoadWrite marks errors of the socket, which come back through the caller's
// write function.
var errLoadWrite = errors.New("send file")

func (c *Conn) load(sql []byte, write func(io.Writer) error) (Result, error) {
	if err := c.writeCommand(comQuery, sql); err != nil {
		return Result{}, err
	}
	p, err := c.readPacket()
	if err != nil {
		return Result{}, err
	}
	switch p[0] {
	case headLocalFile:
	case headErr:
		return Result{}, parseError(p)
	default:
		return Result{}, errors.New("the server does not ask for the file of LOAD DATA LOCAL")
	}
	if c.frame == nil {
		c.frame = make([]byte, 4, 4+loadFrame)
	}
	c.frame = c.frame[:4]
	if err := write((*loadWriter)(c)); err != nil {
		return Result{}, err
	}
	if err := c.sendFrame(); err != nil {
		return Result{}, err
	}
	// The empty packet that ends the file.
	if err := c.writeHeader(0); err != nil {
		return Result{}, err
	}
	if err := c.w.Flush(); err != nil {
		return Result{}, err
	}
	if p, err = c.readPacket(); err != nil {
		return Result{}, err
	}
	if p[0] == headErr {
		return Result{}, parseError(p)
	}
	return parseOK(p)
}

// loadWriter collects what is written into packets.
type loadWriter Conn

func (w *loadWriter) Write(p []byte) (int, error) {
	c, written := (*Conn)(w), len(p)
	for len(p) > 0 {
		n := min(len(p), cap(c.frame)-len(c.frame))
		c.frame = append(c.frame, p[:n]...)
		p = p[n:]
		if len(c.frame) == cap(c.frame) {
			if err := c.sendFrame(); err != nil {
				return 0, fmt.Errorf("%w: %w", errLoadWrite, err)
			}
		}
	}
	return written, nil
}

// sendFrame sends what has been collected. An empty frame would end the file.
func (c *Conn) sendFrame() error {
	n := len(c.frame) - 4
	if n == 0 {
		return nil
	}
	c.frame[0], c.frame[1], c.frame[2], c.frame[3] = byte(n), byte(n>>8), byte(n>>16), c.seq
	c.seq++
	_, err := c.nc.Write(c.frame)
	c.frame = c.frame[:4]
	return err
}

// refuseFile answers a server that asks for a file which was not offered.
func (c *Conn) refuseFile() error {
	return errors.New("the server asked for a local file, which was not offered")
}
