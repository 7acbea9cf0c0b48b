package binlog

import (
	"errors"

	"github.com/go-mysql-org/go-mysql/replication"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// rowsHeader is what stands in front of the rows of a rows event.
type rowsHeader struct {
	tableID uint64
	flags   uint16
	op      change.Op
	partial bool // PARTIAL_UPDATE_ROWS_EVENT
	v2      bool
	rest    []byte
}

// endOfStatement is the flag of a statement's last rows event, after which its
// table maps mean nothing any more.
const endOfStatement = 0x01

var errRows = errors.New("malformed rows event")

func parseRowsHeader(e event) (rowsHeader, error) {
	var h rowsHeader
	switch e.kind {
	case replication.WRITE_ROWS_EVENTv1, replication.WRITE_ROWS_EVENTv2:
		h.op = change.Insert
	case replication.UPDATE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv2, replication.PARTIAL_UPDATE_ROWS_EVENT:
		h.op = change.Update
	case replication.DELETE_ROWS_EVENTv1, replication.DELETE_ROWS_EVENTv2:
		h.op = change.Delete
	}
	switch e.kind {
	case replication.WRITE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv1, replication.DELETE_ROWS_EVENTv1:
	default:
		h.v2 = true
	}
	h.partial = e.kind == replication.PARTIAL_UPDATE_ROWS_EVENT
	c := cursor{b: e.body}
	h.tableID, h.flags = c.uint(6), c.u16()
	if h.v2 {
		c.take(int(c.u16()) - 2) // extra data; the length counts itself
	}
	if c.bad {
		return h, errRows
	}
	h.rest = c.b
	return h, nil
}

// errNotFull means that an event leaves columns out.
var errNotFull = errors.New("row images are not full")

// decodeRows adds the event's changes to b. The values of strings lie in the
// event itself, so b must hold on to its slab.
func decodeRows(h rowsHeader, p *plan, b *batch) (int, error) {
	c := cursor{b: h.rest}
	if c.lenenc() != uint64(len(p.columns)) {
		return 0, errRows
	}
	bitmap := (len(p.columns) + 7) / 8
	full := allSet(c.take(bitmap), len(p.columns))
	if h.op == change.Update {
		full = allSet(c.take(bitmap), len(p.columns)) && full
	}
	if c.bad {
		return 0, errRows
	}
	if !full || len(c.b) == 0 {
		// No rows at all is what a minimal image of a row of defaults looks like.
		return 0, errNotFull
	}
	rows := 0
	d := decoder{plan: p, data: c.b, batch: b}
	for len(d.data) > 0 {
		r := change.RowChange{Op: h.op, Flags: change.RowFlags(h.flags), Table: p.table}
		var err error
		if h.op != change.Insert {
			if r.Before, err = d.image(); err != nil {
				return rows, err
			}
		}
		if h.op != change.Delete {
			if r.After, err = d.image(); err != nil {
				return rows, err
			}
		}
		b.tx.Rows = append(b.tx.Rows, r)
		rows++
	}
	return rows, nil
}

// allSet tells whether the first n bits are set.
func allSet(bits []byte, n int) bool {
	if len(bits)*8 < n {
		return false
	}
	for i := range n {
		if bits[i/8]&(1<<(i%8)) == 0 {
			return false
		}
	}
	return true
}

// decoder decodes the row images of one event.
type decoder struct {
	plan  *plan
	data  []byte
	batch *batch
}

// image decodes one row image: a bit for each column that is NULL, then the
// values of the others.
func (d *decoder) image() (schema.Row, error) {
	n := len(d.plan.columns)
	bitmap := (n + 7) / 8
	if len(d.data) < bitmap {
		return nil, errRows
	}
	null := d.data[:bitmap]
	d.data = d.data[bitmap:]
	row := d.batch.images.take(n)
	for i := range d.plan.columns {
		if null[i/8]&(1<<(i%8)) != 0 {
			row[i] = nil
			continue
		}
		v, err := d.value(&d.plan.columns[i])
		if err != nil {
			return nil, &columnError{column: d.plan.table.Columns[i].Name, err: err}
		}
		row[i] = v
	}
	return row, nil
}

// columnError says in which column decoding failed.
type columnError struct {
	column string
	err    error
}

func (e *columnError) Error() string { return "column " + e.column + ": " + e.err.Error() }

func (e *columnError) Unwrap() error { return e.err }
