package copier

import (
	"context"
	"fmt"

	"tandem/internal/scan"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// insertBytes is the size of an INSERT.
const insertBytes = 1 << 20

// insertRows writes rows with INSERT: all of them where LOAD DATA LOCAL does
// not work, else those that only an expression can make.
func (j *job) insertRows(ctx context.Context, conn *wire.Conn, pick func([][]byte) bool, dups *duplicates) error {
	l := j.layout
	head := "INSERT "
	if dups != nil {
		head = "INSERT IGNORE "
	}
	values := make([][]byte, l.values())
	var sql []byte
	var batch []int
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		zeroes := 0
		for _, i := range batch {
			zeroes += l.zeroEnums(j.buf.row(i, values))
		}
		res, err := conn.Exec(ctx, sql)
		if err != nil {
			return err
		}
		check := outcome{table: j.t, layout: l, result: res, sent: len(batch), zeroes: zeroes, dups: dups, row: func(n int) [][]byte {
			return j.buf.row(batch[n-1], values)
		}}
		err = check.run(ctx, conn)
		sql, batch = sql[:0], batch[:0]
		return err
	}
	for i := range j.buf.rows {
		if j.buf.rows[i].left {
			continue
		}
		row := j.buf.row(i, values)
		if !pick(row) {
			continue
		}
		if len(sql)+rowSize(row) > insertBytes {
			if err := flush(); err != nil {
				return err
			}
			// Other rows have been looked at meanwhile, in the same slice.
			row = j.buf.row(i, values)
		}
		if len(batch) == 0 {
			sql = append(append(sql[:0], head...), l.insert...)
		} else {
			sql = append(sql, ',')
		}
		var err error
		if row, err = l.typedRow(row); err == nil {
			sql, err = l.appendTuple(sql, row)
		}
		if err != nil {
			return fmt.Errorf("row %s: %w", l.describe(row), err)
		}
		batch = append(batch, i)
	}
	return flush()
}

// typed tells whether a row has a JSON document that its text does not restore.
func (l *layout) typed(row [][]byte) bool {
	if l.types < 0 {
		return false
	}
	for _, types := range row[l.types:] {
		if types != nil {
			return true
		}
	}
	return false
}

// typedRow returns the row with canonical values for its JSON columns.
func (l *layout) typedRow(row [][]byte) ([][]byte, error) {
	if !l.typed(row) {
		return row, nil
	}
	out := append([][]byte(nil), row...)
	for n, i := range l.json {
		if types := row[l.types+n]; types != nil {
			v, err := scan.TypedLeaves(row[i], string(types))
			if err != nil {
				return row, fmt.Errorf("column %s: %w", l.column(i).Name, err)
			}
			out[i] = v
		}
	}
	return out, nil
}

// zeroEnums counts the row's invalid ENUM values (number 0, the empty string):
// storing one is what makes the server warn.
func (l *layout) zeroEnums(row [][]byte) int {
	n := 0
	for _, i := range l.written {
		if l.column(i).Kind == schema.Enum && string(row[i]) == "0" {
			n++
		}
	}
	return n
}
