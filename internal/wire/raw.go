package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// QueryRaw runs one SELECT and hands out its rows as the server sent them, for
// those who only want to know whether rows are the same: each value with its
// length before it, 0xfb for NULL. A row that is larger than the read buffer
// comes in pieces, of which last tells the last one, so that it takes no memory
// whatever its size. A piece is valid until row returns.
//
// When row returns an error, the connection is closed, as for [Conn.Query].
func (c *Conn) QueryRaw(ctx context.Context, sql []byte, row func(piece []byte, last bool) error) error {
	var callback error
	err := c.read(ctx, sql, func(p []byte) error {
		return c.rawRows(p, func(piece []byte, last bool) error {
			callback = row(piece, last)
			return callback
		})
	})
	if callback != nil {
		return callback
	}
	return err
}

func (c *Conn) rawRows(p []byte, row func([]byte, bool) error) error {
	columns, _, ok := lenenc(p)
	if !ok {
		return errors.New("malformed result set header")
	}
	// The columns, and the packet that ends them.
	for range columns + 1 {
		if _, err := c.readPacket(); err != nil {
			return err
		}
	}
	return c.restRaw(row)
}

// restRaw passes on the rows that follow, up to the last.
func (c *Conn) restRaw(row func([]byte, bool) error) error {
	for {
		done, err := c.rawRow(row)
		if done || err != nil {
			return err
		}
	}
}

// rawRow passes one row on. done tells that there are no more.
func (c *Conn) rawRow(row func([]byte, bool) error) (done bool, err error) {
	for first := true; ; first = false {
		h, err := c.r.Peek(4)
		if err != nil {
			return false, unexpected(err)
		}
		n := int(h[0]) | int(h[1])<<8 | int(h[2])<<16
		if h[3] != c.seq {
			return false, fmt.Errorf("packet out of order: number %d, expected %d", h[3], c.seq)
		}
		c.seq++
		if _, err := c.r.Discard(4); err != nil {
			return false, err
		}
		more := n == maxPayload
		if n == 0 && !first {
			return false, row(nil, true)
		}
		if n == 0 {
			return false, errors.New("empty packet")
		}
		for n > 0 {
			p, err := c.r.Peek(min(n, readBuffer))
			if err != nil {
				return false, unexpected(err)
			}
			if first && isEOF(p) && n == len(p) {
				_, err := c.r.Discard(n)
				return true, err
			}
			if first && p[0] == headErr {
				failed := parseError(bytes.Clone(p))
				_, err := c.r.Discard(len(p))
				return true, errors.Join(failed, err)
			}
			n -= len(p)
			if err := row(p, n == 0 && !more); err != nil {
				return false, err
			}
			if _, err := c.r.Discard(len(p)); err != nil {
				return false, err
			}
			first = false
		}
		if !more {
			return false, nil
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Values finds the first values of a row that was handed out raw. It returns false
// if the piece does not hold them all.
func Values(piece []byte, values [][]byte) bool {
	found, _ := split(piece, values)
	return found == len(values)
}
