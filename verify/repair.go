package verify

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// Repairs make single rows of one side like the other side's, by statements that
// name the row by its key and every value that it was seen with. So a statement
// changes the row as it was compared or nothing at all: run twice it does
// nothing, and a row that has moved since is left alone.
//
//	on the side that is right   on the other   statement
//	row                         none           INSERT, if there is no such key
//	none                        row            DELETE, if it is still as it was
//	row                         another        UPDATE of what differs, or DELETE
//	                                           and INSERT where an UPDATE could
//	                                           not do it
//
// A repair is tandem's own write, in both directions. Its transactions begin
// with a row of _tandem.checkpoint, the mark by which a link that reads this side
// passes over them. It must: the other side is what the row is repaired from, so
// it has the row already, and a change that came back to it would meet what it
// wants to make.

// Direction says which side is made like the other.
type Direction string

// The directions.
const (
	SourceToTarget Direction = "source-to-target"
	TargetToSource Direction = "target-to-source"
)

// ErrDirection is returned for a direction that there is not.
var ErrDirection = errors.New("no such direction")

// check refuses what is no direction.
func (d Direction) check() error {
	if d != SourceToTarget && d != TargetToSource {
		return fmt.Errorf("repair %q: %w", string(d), ErrDirection)
	}
	return nil
}

// Side names the side that is changed.
func (d Direction) Side() string {
	if d == TargetToSource {
		return "source"
	}
	return "target"
}

// mend is what makes one row like the other side's: want is what the row is to
// be, have what it was seen to be, nil where there is none.
type mend struct {
	finding    *Finding
	def        *schema.Table
	want, have schema.Row
	// apart is set for an update that takes a DELETE and an INSERT.
	apart bool
}

// removes and brings tell which statements a mend takes; one that takes neither
// is an update.
func (m *mend) removes() bool { return m.have != nil && (m.want == nil || m.apart) }
func (m *mend) brings() bool  { return m.want != nil && (m.have == nil || m.apart) }
func (m *mend) updates() bool { return !m.removes() && !m.brings() }

// mendOf returns what mends a finding, or why nothing can.
func mendOf(t *TableResult, f *Finding, d Direction) (m mend, why string) {
	m = mend{finding: f, def: t.def, want: f.source, have: f.target}
	if d == TargetToSource {
		m.want, m.have = m.have, m.want
	}
	switch {
	case f.Repaired:
		return m, "it is repaired already"
	case f.Class == Unresolved:
		return m, "it never stood still, so it is not known to be wrong"
	case t.def == nil || !findable(t.def):
		return m, "the table has no key by which one of its rows could be named"
	case m.want == nil && m.have == nil:
		return m, "its values were too large, or too many, to be kept; --repair reads them again"
	}
	if m.want == nil || m.have == nil {
		return m, ""
	}
	if len(m.changes()) == 0 {
		return m, "only generated columns differ, which the server computes itself"
	}
	m.apart = m.changesUnique() || m.retypes()
	return m, ""
}

// findable tells whether rows of a table can be looked up by a key.
func findable(def *schema.Table) bool {
	_, ok := chunk.Of(def)
	return ok
}

// changes are the columns that differ and can be written.
func (m *mend) changes() []int {
	var columns []int
	for i := range m.def.Columns {
		if !m.def.Columns[i].Generated && !sameCell(m.want[i], m.have[i]) {
			columns = append(columns, i)
		}
	}
	return columns
}

func sameCell(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// changesUnique tells whether a unique value moves: such values may go round in
// a circle, which no order of updates would bring about.
func (m *mend) changesUnique() bool {
	key := m.def.RowKey()
	for i := range m.def.Keys {
		k := &m.def.Keys[i]
		if !k.Unique || k == key {
			continue
		}
		for _, p := range k.Parts {
			if p.Column < 0 || m.def.Columns[p.Column].Generated || !sameCell(m.want[p.Column], m.have[p.Column]) {
				return true
			}
		}
	}
	return false
}

// retypes tells whether a document differs in what a server takes for equal: an
// UPDATE would change nothing.
func (m *mend) retypes() bool {
	for _, i := range m.changes() {
		if m.def.Columns[i].Kind == schema.JSON && schema.JSONRetyped(m.want[i], m.have[i]) {
			return true
		}
	}
	return false
}

// appendDelete appends the DELETE of the row as it was seen.
func (m *mend) appendDelete(dst []byte) []byte {
	dst = append(dst, "DELETE FROM "...)
	dst = append(dst, m.def.Quoted()...)
	return m.appendGuard(dst)
}

// appendUpdate appends the UPDATE of what differs. A column that the server
// would set by itself is named, too.
func (m *mend) appendUpdate(dst []byte) []byte {
	dst = append(dst, "UPDATE "...)
	dst = append(dst, m.def.Quoted()...)
	dst = append(dst, " SET "...)
	changes, n := m.changes(), 0
	for i := range m.def.Columns {
		c := &m.def.Columns[i]
		if c.Generated || !c.OnUpdateNow && !slices.Contains(changes, i) {
			continue
		}
		if n > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(c.AppendName(dst), '=')
		dst = schema.AppendLiteral(dst, c, m.want[i])
		n++
	}
	return m.appendGuard(dst)
}

// appendGuard appends the condition that the row is still what it was: its key,
// and every value that is not computed.
func (m *mend) appendGuard(dst []byte) []byte {
	dst = append(dst, " WHERE "...)
	isKey := map[int]bool{}
	for n, p := range m.def.RowKey().Parts {
		if n > 0 {
			dst = append(dst, " AND "...)
		}
		dst = schema.AppendExactMatch(dst, &m.def.Columns[p.Column], m.have[p.Column])
		isKey[p.Column] = true
	}
	for i := range m.def.Columns {
		if c := &m.def.Columns[i]; !isKey[i] && !c.Generated {
			dst = append(dst, " AND "...)
			dst = appendSame(dst, c, m.have[i])
		}
	}
	return dst
}

// appendSame appends the condition that a column holds exactly v. No index has to
// serve, so it can be asked where a plain comparison would not be exact: a server
// turns the number into a FLOAT(10,2) first, and so into the largest there is,
// and compares no vectors.
func appendSame(dst []byte, c *schema.Column, v []byte) []byte {
	if v == nil {
		return schema.AppendExactMatch(dst, c, v)
	}
	switch c.Kind {
	case schema.Float, schema.Double:
		dst = append(c.AppendName(dst), "*1e0="...)
		dst = append(dst, v...)
		if zero := string(v); zero == "0e+00" || zero == "-0e+00" {
			dst = schema.AppendExactMatch(append(dst, " AND "...), c, v)
		}
		return dst
	case schema.Vector:
		dst = c.AppendName(append(dst, "HEX("...))
		return fmt.Appendf(dst, ")='%X'", v)
	}
	return schema.AppendExactMatch(dst, c, v)
}

// appendInsert appends the INSERT of the row, if there is none with its key. only
// is a further condition, or nothing.
func (m *mend) appendInsert(dst []byte, only string) []byte {
	dst = append(dst, "INSERT INTO "...)
	dst = append(dst, m.def.Quoted()...)
	dst = append(dst, " ("...)
	var values []byte
	n := 0
	for i := range m.def.Columns {
		c := &m.def.Columns[i]
		if c.Generated {
			continue
		}
		if n > 0 {
			dst, values = append(dst, ','), append(values, ',')
		}
		dst, values = c.AppendName(dst), schema.AppendLiteral(values, c, m.want[i])
		n++
	}
	dst = append(append(dst, ") SELECT "...), values...)
	dst = append(dst, " FROM DUAL WHERE "...)
	if only != "" {
		dst = append(append(dst, only...), " AND "...)
	}
	dst = append(append(dst, "NOT EXISTS (SELECT 1 FROM "...), m.def.Quoted()...)
	dst = append(dst, " WHERE "...)
	for n, p := range m.def.RowKey().Parts {
		if n > 0 {
			dst = append(dst, " AND "...)
		}
		dst = schema.AppendMatch(dst, &m.def.Columns[p.Column], m.want[p.Column])
	}
	return append(dst, ')')
}

// The mark of tandem's own transactions: a row that comes and goes with them.
const (
	beginMark = "INSERT INTO _tandem.checkpoint (link,lane,lanes,epoch,seq,base,position) VALUES (CONCAT('repair ',CONNECTION_ID()),0,1,0,0,'','')"
	endMark   = "DELETE FROM _tandem.checkpoint WHERE link=CONCAT('repair ',CONNECTION_ID())"
)
