package courier

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// batchBytes is where a statement is sent: large enough to be fast, small
// enough for the 4 MB packets of MySQL 5.6.
const batchBytes = 512 << 10

// batch writes rows as multi-row INSERTs. The first error sticks and turns the
// rest into no-ops, so that row code needs no error handling; the caller asks
// for it at the end.
type batch struct {
	ctx   context.Context
	conn  *sql.Conn
	table string
	head  string
	buf   []byte
	rows  int64 // in all statements sent
	bytes int64
	open  int // rows in buf
	err   error
}

func newBatch(ctx context.Context, conn *sql.Conn, table, columns string) *batch {
	return &batch{
		ctx: ctx, conn: conn, table: table,
		head: "INSERT INTO " + table + " (" + columns + ") VALUES ",
		buf:  make([]byte, 0, batchBytes+64<<10),
	}
}

// row begins a row; every value after it belongs to it until the next one.
func (b *batch) row() {
	if b.open > 0 {
		b.buf[len(b.buf)-1] = ')' // the comma behind the last value
		if len(b.buf) >= batchBytes {
			b.send()
		}
	}
	if b.open == 0 {
		b.buf = append(b.buf[:0], b.head...)
	} else {
		b.buf = append(b.buf, ',')
	}
	b.buf = append(b.buf, '(')
	b.open++
}

func (b *batch) send() {
	if b.err == nil {
		if _, err := b.conn.ExecContext(b.ctx, string(b.buf)); err != nil {
			b.err = fmt.Errorf("insert %d rows into %s: %w", b.open, b.table, err)
		}
	}
	b.rows += int64(b.open)
	b.bytes += int64(len(b.buf))
	b.open = 0
}

// close sends what is left.
func (b *batch) close() error {
	if b.open > 0 {
		b.buf[len(b.buf)-1] = ')'
		b.send()
	}
	return b.err
}

func (b *batch) raw(sql string) { b.buf = append(append(b.buf, sql...), ',') }
func (b *batch) null()          { b.raw("NULL") }
func (b *batch) int(v int)      { b.buf = append(strconv.AppendInt(b.buf, int64(v), 10), ',') }

// str quotes text. The session's sql_mode has no NO_BACKSLASH_ESCAPES.
func (b *batch) str(s string) {
	b.buf = append(b.buf, '\'')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\'', '\\':
			b.buf = append(b.buf, '\\', c)
		default:
			b.buf = append(b.buf, c)
		}
	}
	b.buf = append(b.buf, '\'', ',')
}

func (b *batch) bin(v []byte) {
	b.buf = append(b.buf, 'X', '\'')
	b.buf = hex.AppendEncode(b.buf, v)
	b.buf = append(b.buf, '\'', ',')
}

// decimal writes units of 10^-scale exactly.
func (b *batch) decimal(units int64, scale int) {
	b.buf = append(appendDecimal(b.buf, units, scale), ',')
}

func appendDecimal(buf []byte, units int64, scale int) []byte {
	if units < 0 {
		buf = append(buf, '-')
		units = -units
	}
	digits := strconv.FormatInt(units, 10)
	for len(digits) <= scale {
		digits = "0" + digits
	}
	cut := len(digits) - scale
	buf = append(buf, digits[:cut]...)
	if scale > 0 {
		buf = append(buf, '.')
	}
	return append(buf, digits[cut:]...)
}

func (b *batch) time(t time.Time) {
	b.buf = append(b.buf, '\'')
	b.buf = t.AppendFormat(b.buf, timeLayout)
	b.buf = append(b.buf, '\'', ',')
}

func (b *batch) date(t time.Time) {
	b.buf = append(b.buf, '\'')
	b.buf = t.AppendFormat(b.buf, time.DateOnly)
	b.buf = append(b.buf, '\'', ',')
}

// timeLayout is how instants are written, always in UTC.
const timeLayout = "2006-01-02 15:04:05.000000"
