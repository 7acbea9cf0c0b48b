package copier

import (
	"fmt"

	"tandem/internal/scan"
	"tandem/internal/schema"
)

// Asking for the types of all values inside JSON documents costs the source more
// than all else of a row. From the first rows of a table is learnt how its
// documents are usually built; whether one is built so, and has values only that
// its text restores, takes half as long to ask.

// learnRows are the rows that are learnt from.
const learnRows = 500

// learn gives the table a layout that knows how its documents are built.
func (j *job) learn() error {
	l := j.layout
	if l.learnt || l.askTypes || len(l.json) == 0 || len(j.buf.rows) == 0 {
		return nil
	}
	kinds := make([]scan.Kinds, len(l.json))
	values := make([][]byte, l.values())
	for i := range min(len(j.buf.rows), learnRows) {
		row := j.buf.row(i, values)
		for n, col := range l.json {
			if len(row[col]) <= largeRow {
				kinds[n].See(row[col])
			}
		}
	}
	plain := make([]string, len(kinds))
	for n, col := range l.json {
		var err error
		if plain[n], err = kinds[n].Plain(schema.Quote(l.column(col).Name), true); err != nil {
			return fmt.Errorf("learn how documents of %s are built: %w", j.t.name, err)
		}
	}
	learnt := *l
	learnt.learnt = true
	learnt.list = l.list.Unless(plain)
	learnt.sel = learnt.list.SQL
	j.c.mu.Lock()
	defer j.c.mu.Unlock()
	if j.t.layout == l {
		j.t.layout = &learnt
	}
	return nil
}
