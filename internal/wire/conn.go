package wire

import (
	"bufio"
	"context"
	"errors"
	"net"
	"time"
)

// Conn is one connection. See the package comment for who may use it when.
type Conn struct {
	nc        net.Conn
	r         *bufio.Reader
	w         *bufio.Writer
	seq       uint8
	head      [4]byte
	buf       []byte   // the packet that was read last
	values    [][]byte // the row that was read last
	frame     []byte   // the LOAD DATA packet under construction
	endpoint  string
	id        uint32
	version   string
	maxPacket int
	broken    error
	onLarge   func() error
}

// OnLarge sets a function that is called before the memory for a packet of 4 MB
// or more is taken, so that those who share a budget can wait for their turn.
func (c *Conn) OnLarge(f func() error) { c.onLarge = f }

// Detach hands the memory of the row that a callback of Query was called with
// over to the caller: its values stay valid.
func (c *Conn) Detach() { c.buf = nil }

// ID returns the server's number for the connection, as KILL takes it.
func (c *Conn) ID() uint32 { return c.id }

// Version returns the server's version as it was in the greeting.
func (c *Conn) Version() string { return c.version }

// MaxPacket returns the largest statement that the server accepts.
func (c *Conn) MaxPacket() int { return c.maxPacket }

// Err returns why the connection is broken, or nil.
func (c *Conn) Err() error { return c.broken }

// Close says good-bye to the server and closes the connection.
func (c *Conn) Close() error {
	if c.broken != nil {
		return nil
	}
	c.broken = net.ErrClosed
	c.nc.SetDeadline(time.Now().Add(time.Second))
	c.seq = 0
	c.nc.Write([]byte{1, 0, 0, 0, comQuit})
	return c.nc.Close()
}

// Kill closes the socket, whoever uses the connection. The server rolls back.
func (c *Conn) Kill() { c.nc.Close() }

// begin starts an operation: while it lasts, the end of ctx closes the socket.
// The function returned ends the operation and settles its error.
func (c *Conn) begin(ctx context.Context) (func(error) error, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	stop := func() bool { return true }
	if ctx.Done() != nil {
		stop = context.AfterFunc(ctx, c.Kill)
	}
	return func(err error) error {
		stopped := stop()
		if err == nil {
			if !stopped {
				// It went well, but the socket is closed by now.
				c.broken = &LostError{Endpoint: c.endpoint, Err: context.Cause(ctx)}
			}
			return nil
		}
		if errors.As(err, new(*Error)) || errors.As(err, new(*TooLargeError)) {
			return err
		}
		if !errors.As(err, new(*LostError)) {
			err = &LostError{Endpoint: c.endpoint, Err: cause(ctx, err)}
		}
		c.broken = err
		c.nc.Close()
		return err
	}, nil
}
