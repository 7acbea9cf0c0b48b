package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// The status flags that callers look at.
const (
	StatusInTransaction = 0x0001
	statusMoreResults   = 0x0008
)

// Result is what the server says about a statement that returned no rows.
type Result struct {
	// Affected counts the rows that the statement found, also those that an
	// UPDATE left as they were (CLIENT_FOUND_ROWS).
	Affected uint64
	InsertID uint64
	Status   uint16
	Warnings uint16
	// Info is the server's remark ("Rows matched: 1  Changed: 0  Warnings: 0"),
	// valid until the connection is used again.
	Info []byte
}

// InTransaction tells whether a transaction is open after the statement.
func (r Result) InTransaction() bool { return r.Status&StatusInTransaction != 0 }

// Exec runs one statement. Rows that it returns are dropped.
func (c *Conn) Exec(ctx context.Context, sql []byte) (Result, error) {
	var last Result
	err := c.ExecMulti(ctx, sql, func(_ int, r Result) error {
		last = r
		return nil
	})
	return last, err
}

// ExecMulti runs statements, separated by semicolons, that are sent in one
// packet, and calls each with the result of the i-th. The server stops at the
// first statement that fails; an [*Error] says which one that was.
//
// All statements have been sent before the first result is seen: an error of
// each can not keep the rest from being run, so a COMMIT does not belong into
// the same packet as statements whose results matter. The first error of each
// is returned after the last result, and the connection stays usable.
func (c *Conn) ExecMulti(ctx context.Context, sql []byte, each func(i int, r Result) error) error {
	end, err := c.begin(ctx)
	if err != nil {
		return err
	}
	var callback error
	err = end(c.exec(sql, func(i int, r Result) {
		if callback == nil {
			callback = each(i, r)
		}
	}))
	if err != nil {
		return err
	}
	return callback
}

func (c *Conn) exec(sql []byte, each func(i int, r Result)) error {
	if err := c.writeCommand(comQuery, sql); err != nil {
		return err
	}
	for i := 0; ; i++ {
		r, err := c.readResult()
		if err != nil {
			if e, ok := errors.AsType[*Error](err); ok {
				e.Statement = i
			}
			return err
		}
		each(i, r)
		if r.Status&statusMoreResults == 0 {
			return nil
		}
	}
}

// readResult reads one result and drops its rows, if there are any.
func (c *Conn) readResult() (Result, error) {
	p, err := c.readPacket()
	if err != nil {
		return Result{}, err
	}
	switch p[0] {
	case headOK:
		return parseOK(p)
	case headErr:
		return Result{}, parseError(p)
	case headLocalFile:
		return Result{}, c.refuseFile()
	}
	status, err := c.readRows(p, nil)
	return Result{Status: status}, err
}

func parseOK(p []byte) (Result, error) {
	var r Result
	var ok1, ok2 bool
	p = p[1:]
	r.Affected, p, ok1 = lenenc(p)
	r.InsertID, p, ok2 = lenenc(p)
	if !ok1 || !ok2 || len(p) < 4 {
		return Result{}, fmt.Errorf("malformed OK packet")
	}
	r.Status = binary.LittleEndian.Uint16(p)
	r.Warnings = binary.LittleEndian.Uint16(p[2:])
	r.Info = p[4:]
	return r, nil
}
