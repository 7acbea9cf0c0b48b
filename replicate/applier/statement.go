package applier

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// target is what the applier has worked out about one version of a table.
type target struct {
	table *schema.Table
	// name is the table's name as SQL.
	name string
	// id is the same for the table in every process.
	id uint64
	// key holds the columns that find a row; nil for a table without a row key.
	key []int
	// insert is the head of an INSERT, up to VALUES.
	insert []byte
	// delete is the head of a DELETE of many rows, up to the list of keys;
	// overwrite the tail that makes an INSERT overwrite rows that are there.
	delete    []byte
	overwrite []byte
	// written are the columns that can be written, json those of them that hold
	// documents.
	written []int
	json    []int
	// cascades is set when a change of this table changes rows of others by
	// foreign keys.
	cascades bool
	// uniques are the keys on which rows with different row keys can meet.
	uniques []unique
	// alone is set when the row key is the table's only unique key: a statement
	// that looks for a row by it can not hit another one.
	alone bool
}

func newTarget(t *schema.Table, cascades bool) *target {
	tg := &target{table: t, name: t.Quoted(), cascades: cascades, id: xxhash.Sum64String(t.Schema + "\x00" + t.Name.Table)}
	tg.uniques = uniquesOf(t)
	tg.alone = true
	for i := range t.Keys {
		if k := &t.Keys[i]; (k.Unique || k.Primary) && k != t.RowKey() {
			tg.alone = false
		}
	}
	if k := t.RowKey(); k != nil {
		for _, p := range k.Parts {
			tg.key = append(tg.key, p.Column)
		}
	}
	tg.insert = append(tg.insert, "INSERT INTO "...)
	tg.insert = append(tg.insert, tg.name...)
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
		if t.Columns[i].Kind == schema.JSON {
			tg.json = append(tg.json, i)
		}
	}
	tg.insert = append(tg.insert, ") VALUES "...)
	tg.bulkParts()
	return tg
}

// bulkParts writes the fixed parts of statements over many rows.
func (t *target) bulkParts() {
	if !t.keyed() {
		return
	}
	t.delete = append(t.delete, "DELETE "...)
	t.delete = append(t.delete, t.byKey()...)
	t.delete = append(t.delete, "FROM "...)
	t.delete = append(t.delete, t.name...)
	t.delete = append(t.delete, " WHERE ("...)
	for i, c := range t.key {
		if i > 0 {
			t.delete = append(t.delete, ',')
		}
		t.delete = append(t.delete, schema.Quote(t.table.Columns[c].Name)...)
	}
	t.delete = append(t.delete, ") IN ("...)
	t.overwrite = append(t.overwrite, " ON DUPLICATE KEY UPDATE "...)
	first := true
	for _, c := range t.written {
		if slices.Contains(t.key, c) {
			continue
		}
		if !first {
			t.overwrite = append(t.overwrite, ',')
		}
		first = false
		name := schema.Quote(t.table.Columns[c].Name)
		t.overwrite = append(t.overwrite, name...)
		t.overwrite = append(t.overwrite, "=VALUES("...)
		t.overwrite = append(t.overwrite, name...)
		t.overwrite = append(t.overwrite, ')')
	}
}

// byKey is the hint to find rows by the row key. The statistics of a table that
// was copied just now say that it is empty, and so the server would read all of
// it, and wait for every row that another lane has changed: for ever, as lanes
// commit together. Servers that do not know the hint take it for a comment.
func (t *target) byKey() string {
	key, table := schema.Quote(t.table.RowKey().Name), schema.Quote(t.table.Name.Table)
	if strings.Contains(key+table, "*/") {
		return ""
	}
	return "/*+ INDEX(" + table + " " + key + ") */ "
}

// appendKeyTuple appends the key of a row, for a list of keys.
func (t *target) appendKeyTuple(dst []byte, row schema.Row) []byte {
	if len(t.key) == 1 {
		c := t.key[0]
		return schema.AppendComparand(dst, &t.table.Columns[c], row[c])
	}
	dst = append(dst, '(')
	for i, c := range t.key {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = schema.AppendComparand(dst, &t.table.Columns[c], row[c])
	}
	return append(dst, ')')
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
	dst = append(dst, t.name...)
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
	dst = col.AppendName(dst)
	dst = append(dst, '=')
	return schema.AppendLiteral(dst, col, v)
}

func (t *target) appendDelete(dst []byte, before schema.Row) []byte {
	dst = append(dst, "DELETE FROM "...)
	dst = append(dst, t.name...)
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

// retypes tells whether an update changes a document in a way that the server
// would not take for a change. The row is deleted and inserted again then.
func (t *target) retypes(before, after schema.Row) bool {
	for _, c := range t.json {
		if schema.JSONRetyped(before[c], after[c]) {
			return true
		}
	}
	return false
}

// appendClearJSON appends an UPDATE that sets all documents of a row to one that
// equals none of those that follow.
func (t *target) appendClearJSON(dst []byte, row schema.Row) []byte {
	dst = append(dst, "UPDATE "...)
	dst = append(dst, t.name...)
	dst = append(dst, " SET "...)
	for i, c := range t.json {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.appendAssignment(dst, &t.table.Columns[c], []byte(`{"tandem": "is about to write this document"}`))
	}
	return t.appendWhere(dst, row)
}
