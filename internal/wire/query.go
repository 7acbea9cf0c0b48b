package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// Query runs one SELECT and calls row with each row. The values are what the
// server sent (nil is NULL) and are valid until row returns; so is the slice
// that holds them.
//
// When row returns an error, the connection is closed (the rest of the result
// could be any size) and the error is returned.
func (c *Conn) Query(ctx context.Context, sql []byte, row func(values [][]byte) error) error {
	var callback error
	err := c.read(ctx, sql, func(p []byte) error {
		return c.rows(p, func(values [][]byte) error {
			callback = row(values)
			return callback
		})
	})
	if cap(c.buf) > keepBuffer {
		// A connection that waits for its next turn holds no large row.
		c.buf = nil
		clear(c.values)
	}
	if callback != nil {
		return callback
	}
	return err
}

// read runs one statement and has the result set read whose first packet is p.
func (c *Conn) read(ctx context.Context, sql []byte, result func(p []byte) error) error {
	end, err := c.begin(ctx)
	if err != nil {
		return err
	}
	return end(c.ask(comQuery, sql, result))
}

func (c *Conn) ask(command byte, body []byte, result func(p []byte) error) error {
	if err := c.writeCommand(command, body); err != nil {
		return err
	}
	p, err := c.readPacket()
	if err != nil {
		return err
	}
	switch p[0] {
	case headOK:
		return errors.New("statement returned no rows where rows were expected")
	case headErr:
		return parseError(p)
	case headLocalFile:
		return c.refuseFile()
	}
	return result(p)
}

// rows reads the one result set of a query.
func (c *Conn) rows(p []byte, row func([][]byte) error) error {
	status, err := c.readRows(p, row)
	if err == nil && status&statusMoreResults != 0 {
		err = errors.New("statement returned more than one result")
	}
	return err
}

// One runs a SELECT of one row and returns copies of its values. It returns nil
// when there is no row.
func (c *Conn) One(ctx context.Context, sql []byte) ([][]byte, error) {
	var out [][]byte
	err := c.Query(ctx, sql, func(values [][]byte) error {
		if out != nil {
			return nil
		}
		out = make([][]byte, len(values))
		for i, v := range values {
			if v != nil {
				out[i] = append([]byte{}, v...)
			}
		}
		return nil
	})
	return out, err
}

// readRows reads a result set whose first packet is p.
func (c *Conn) readRows(p []byte, row func([][]byte) error) (status uint16, err error) {
	columns, rest, ok := lenenc(p)
	if !ok || len(rest) > 0 || columns == 0 || columns > 1<<16 {
		return 0, fmt.Errorf("malformed result set header")
	}
	for range columns {
		if _, err := c.readPacket(); err != nil {
			return 0, err
		}
	}
	if p, err = c.readPacket(); err != nil {
		return 0, err
	}
	if !isEOF(p) {
		return 0, fmt.Errorf("malformed result set: columns do not end")
	}
	if cap(c.values) < int(columns) {
		c.values = make([][]byte, columns)
	}
	values := c.values[:columns]
	for {
		p, err := c.readPacket()
		if err != nil {
			return 0, err
		}
		switch {
		case isEOF(p):
			return binary.LittleEndian.Uint16(p[3:]), nil
		case p[0] == headErr:
			return 0, parseError(p)
		case row == nil:
			continue
		}
		if err := splitRow(p, values); err != nil {
			return 0, err
		}
		if err := row(values); err != nil {
			return 0, err
		}
	}
}

func isEOF(p []byte) bool { return p[0] == headEOF && len(p) == 5 }

// splitRow finds the values of a row's packet.
func splitRow(p []byte, values [][]byte) error {
	n, rest := split(p, values)
	if n < len(values) {
		return fmt.Errorf("malformed row: value %d is cut short", n+1)
	}
	if len(rest) > 0 {
		return fmt.Errorf("malformed row: %d bytes too many", len(rest))
	}
	return nil
}

// split finds the values that p begins with. It returns how many of them are
// there, and what follows.
func split(p []byte, values [][]byte) (found int, rest []byte) {
	for i := range values {
		n, behind, ok := lenenc(p)
		switch {
		case !ok && (len(p) == 0 || p[0] != 0xfb):
			return i, p
		case !ok:
			values[i], p = nil, behind
		case uint64(len(behind)) < n:
			return i, p
		default:
			values[i], p = behind[:n:n], behind[n:]
		}
	}
	return len(values), p
}
