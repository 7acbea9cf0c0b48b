package wire

import (
	"context"
	"encoding/binary"
	"errors"
)

// Commands of prepared statements.
const (
	comPrepare   = 0x16
	comExecute   = 0x17
	comStmtClose = 0x19
)

// QueryBinary is [Conn.QueryRaw] by a prepared statement, whose rows hold numbers
// and times as they are instead of their texts: a byte 0, a bit for each NULL,
// and the values. The server spends less on them, and floats are exact. columns
// is called with the types of the columns before the first row; what they mean
// [BinaryValues] knows.
//
// It takes one round trip more, and a server whose max_prepared_stmt_count is not 0.
func (c *Conn) QueryBinary(ctx context.Context, sql []byte, columns func(types []byte) error, row func(piece []byte, last bool) error) error {
	end, err := c.begin(ctx)
	if err != nil {
		return err
	}
	var callback error
	err = end(c.queryBinary(sql, func(types []byte) error {
		callback = columns(types)
		return callback
	}, func(piece []byte, last bool) error {
		callback = row(piece, last)
		return callback
	}))
	if callback != nil {
		return callback
	}
	return err
}

func (c *Conn) queryBinary(sql []byte, columns func([]byte) error, row func([]byte, bool) error) error {
	id, err := c.prepare(sql)
	if err != nil {
		return err
	}
	err = c.execute(id, columns, row)
	if err != nil && !errors.As(err, new(*Error)) {
		return err
	}
	// The server does not answer this one.
	if closing := c.writeCommand(comStmtClose, id); closing != nil {
		return closing
	}
	return err
}

// prepare returns the statement's number as the server gave it.
func (c *Conn) prepare(sql []byte) ([]byte, error) {
	if err := c.writeCommand(comPrepare, sql); err != nil {
		return nil, err
	}
	p, err := c.readPacket()
	if err != nil {
		return nil, err
	}
	if p[0] == headErr {
		return nil, parseError(p)
	}
	if p[0] != headOK || len(p) < 9 {
		return nil, errors.New("malformed answer to a prepared statement")
	}
	id := append([]byte(nil), p[1:5]...)
	for _, n := range []uint16{binary.LittleEndian.Uint16(p[7:]), binary.LittleEndian.Uint16(p[5:])} {
		if n == 0 {
			continue
		}
		// What it asks for and what it returns, each with a packet that ends it.
		for range int(n) + 1 {
			if _, err := c.readPacket(); err != nil {
				return nil, err
			}
		}
	}
	return id, nil
}

func (c *Conn) execute(id []byte, columns func([]byte) error, row func([]byte, bool) error) error {
	// No cursor, once.
	return c.ask(comExecute, append(append([]byte(nil), id...), 0, 1, 0, 0, 0), func(p []byte) error {
		types, err := c.columnTypes(p)
		if err != nil {
			return err
		}
		if err := columns(types); err != nil {
			return err
		}
		return c.restRaw(row)
	})
}

// columnTypes reads what a result set, whose first packet is p, says of its
// columns.
func (c *Conn) columnTypes(p []byte) ([]byte, error) {
	n, _, ok := lenenc(p)
	if !ok || n > 1<<16 {
		return nil, errors.New("malformed result set header")
	}
	types := make([]byte, 0, n)
	for range n {
		p, err := c.readPacket()
		if err != nil {
			return nil, err
		}
		typ, err := columnType(p)
		if err != nil {
			return nil, err
		}
		types = append(types, typ)
	}
	_, err := c.readPacket() // the end of the columns
	return types, err
}

// columnType finds the type in a column's definition: behind six strings, the
// length of what follows, a character set and a length.
func columnType(p []byte) (byte, error) {
	for range 6 {
		n, rest, ok := lenenc(p)
		if !ok || uint64(len(rest)) < n {
			return 0, errors.New("malformed definition of a column")
		}
		p = rest[n:]
	}
	if len(p) < 8 {
		return 0, errors.New("malformed definition of a column")
	}
	return p[7], nil
}

// BinaryValues finds the first values of a row of [Conn.QueryBinary], given the
// types of all columns. It returns false if the piece does not hold them all.
func BinaryValues(piece, types []byte, values [][]byte) bool {
	begin := 1 + (len(types)+9)/8
	if len(piece) < begin {
		return false
	}
	nulls := piece[1:begin]
	piece = piece[begin:]
	for i := range values {
		if nulls[(i+2)/8]&(1<<((i+2)%8)) != 0 {
			values[i] = nil
			continue
		}
		n, rest, ok := binaryLen(types[i], piece)
		if !ok || uint64(len(rest)) < n {
			return false
		}
		values[i], piece = rest[:n:n], rest[n:]
	}
	return true
}

// binaryLen tells how many bytes the value of a type takes.
func binaryLen(typ byte, p []byte) (n uint64, rest []byte, ok bool) {
	switch typ {
	case 1: // TINYINT
		return 1, p, true
	case 2, 13: // SMALLINT, YEAR
		return 2, p, true
	case 3, 9, 4: // INT, MEDIUMINT, FLOAT
		return 4, p, true
	case 8, 5: // BIGINT, DOUBLE
		return 8, p, true
	}
	// Texts, and times, which are no longer than 12 bytes.
	return lenenc(p)
}
