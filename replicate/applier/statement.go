package applier

import (
	"tandem/internal/change"
	"tandem/internal/schema"
)

// target is what the applier has worked out about one version of a table.
type target struct {
	table *schema.Table
	// key holds the columns that find a row; nil for a table without a row key.
	key []int
	// insert is the head of an INSERT, up to VALUES.
	insert []byte
	// written are the columns that can be written.
	written []int
	// cascades is set when a change of this table changes rows of others by
	// foreign keys.
	cascades bool
}

func newTarget(t *schema.Table, cascades bool) *target {
	tg := &target{table: t, cascades: cascades}
	if k := t.RowKey(); k != nil {
		for _, p := range k.Parts {
			tg.key = append(tg.key, p.Column)
		}
	}
	tg.insert = append(tg.insert, "INSERT INTO "...)
	tg.insert = append(tg.insert, t.Quoted()...)
	tg.insert = append(tg.insert, " ("...)
	for i := range t.Columns {
		if t.Columns[i].Generated {
			continue
		}
		if len(tg.written) > 0 {
			tg.insert = append(tg.insert, ',')
		}
		tg.insert = append(tg.insert, schema.Quote(t.Columns[i].Name)...)
		tg.written = append(tg.written, i)
	}
	tg.insert = append(tg.insert, ") VALUES "...)
	return tg
}

// keyed tells whether rows of the table can be told apart.
func (t *target) keyed() bool { return t.key != nil }

// appendInsert appends an INSERT of one row.
func (t *target) appendInsert(dst []byte, row schema.Row) []byte {
	dst = append(dst, t.insert...)
	return t.appendTuple(dst, row)
}

func (t *target) appendTuple(dst []byte, row schema.Row) []byte {
	dst = append(dst, '(')
	for i, c := range t.written {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = schema.AppendLiteral(dst, &t.table.Columns[c], row[c])
	}
	return append(dst, ')')
}

// appendUpdate appends an UPDATE of the row that before names. Only columns
// that change are set, and those that the server would fill in by itself.
func (t *target) appendUpdate(dst []byte, before, after schema.Row) []byte {
	dst = append(dst, "UPDATE "...)
	dst = append(dst, t.table.Quoted()...)
	dst = append(dst, " SET "...)
	n := 0
	for _, c := range t.written {
		col := &t.table.Columns[c]
		if sameValue(before[c], after[c]) && !col.OnUpdateNow {
			continue
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = t.appendAssignment(dst, col, after[c])
		n++
	}
	if n == 0 {
		// Nothing changes, but the row must be there all the same.
		c := t.written[0]
		dst = t.appendAssignment(dst, &t.table.Columns[c], after[c])
	}
	return t.appendWhere(dst, before)
}

func (t *target) appendAssignment(dst []byte, col *schema.Column, v []byte) []byte {
	dst = append(dst, schema.Quote(col.Name)...)
	dst = append(dst, '=')
	return schema.AppendLiteral(dst, col, v)
}

// appendOverwrite appends an UPDATE that sets every column of the row with
// after's key.
func (t *target) appendOverwrite(dst []byte, after schema.Row) []byte {
	dst = append(dst, "UPDATE "...)
	dst = append(dst, t.table.Quoted()...)
	dst = append(dst, " SET "...)
	for i, c := range t.written {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.appendAssignment(dst, &t.table.Columns[c], after[c])
	}
	return t.appendWhere(dst, after)
}

func (t *target) appendDelete(dst []byte, before schema.Row) []byte {
	dst = append(dst, "DELETE FROM "...)
	dst = append(dst, t.table.Quoted()...)
	return t.appendWhere(dst, before)
}

// appendWhere appends the condition that finds row: by its key, or, without
// one, by every column and at most one row of several equal ones.
func (t *target) appendWhere(dst []byte, row schema.Row) []byte {
	dst = append(dst, " WHERE "...)
	if t.keyed() {
		for i, c := range t.key {
			if i > 0 {
				dst = append(dst, " AND "...)
			}
			dst = schema.AppendMatch(dst, &t.table.Columns[c], row[c])
		}
		return dst
	}
	for i := range t.table.Columns {
		if i > 0 {
			dst = append(dst, " AND "...)
		}
		dst = schema.AppendExactMatch(dst, &t.table.Columns[i], row[i])
	}
	return append(dst, " LIMIT 1"...)
}

// sameKey tells whether both rows have the same key bytes.
func (t *target) sameKey(a, b schema.Row) bool {
	for _, c := range t.key {
		if !sameValue(a[c], b[c]) {
			return false
		}
	}
	return true
}

func sameValue(a, b []byte) bool {
	return (a == nil) == (b == nil) && string(a) == string(b)
}

// checksOn tells whether a change must run with foreign key checks on, so that
// the target's own foreign keys change the child rows that the source's binlog
// does not carry (row-event flag 0x10, MySQL 9.6 and later, says that it does;
// 0x02 that checks were off at the source).
func (t *target) checksOn(r *change.RowChange) bool {
	return t.cascades && r.Op != change.Insert && r.Flags&(change.CascadesLogged|change.NoForeignKeyChecks) == 0
}
