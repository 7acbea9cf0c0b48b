package applier

import "strings"

// batch is a packet of statements with what each must do.
type batch struct {
	sql   []byte
	wants []want
}

// want is the expectation on one statement.
type want struct {
	// row is the index of the change in its transaction part, or -1.
	row int
	// rows is the number of rows that the statement must meet, or anyRows.
	rows int
}

const (
	anyRows = -1
	// noRow marks statements that belong to no change.
	noRow = -1
	// bulkRows marks statements over many changes.
	bulkRows = -2
)

func (b *batch) reset() {
	// A buffer that one huge row has blown up is given back.
	if cap(b.sql) > 8<<20 {
		b.sql = nil
	}
	b.sql = b.sql[:0]
	b.wants = b.wants[:0]
}

// next begins a statement.
func (b *batch) next(row, rows int) {
	if len(b.wants) > 0 {
		b.sql = append(b.sql, ';')
	}
	b.wants = append(b.wants, want{row, rows})
}

func (b *batch) add(sql string, row, rows int) {
	b.next(row, rows)
	b.sql = append(b.sql, sql...)
}

// full tells whether the packet is worth a round trip.
func (b *batch) full() bool { return len(b.sql) >= 1<<20 || len(b.wants) >= 1000 }

// escape makes text safe between single quotes.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text)
}
