package schema

import (
	"bytes"
	"slices"
)

// Reach says which tables a change of another one can change by foreign keys
// that cascade. Where a server does not log what these do, the rows of those
// tables change without a word in the binlog.
type Reach struct {
	// Below are the tables that a table's changes reach, by way of others, too.
	// A table that reaches itself is among them.
	Below map[Name][]Name
	// Columns are those of a table that foreign keys which cascade refer to.
	Columns map[Name][]string
}

// ReachOf follows the foreign keys of these tables.
func ReachOf(tables []*Table) Reach {
	r := Reach{Below: map[Name][]Name{}, Columns: map[Name][]string{}}
	children := map[Name][]Name{}
	for _, t := range tables {
		for i := range t.ForeignKeys {
			if fk := &t.ForeignKeys[i]; fk.Cascades() {
				children[fk.Parent] = append(children[fk.Parent], t.Name)
				r.Columns[fk.Parent] = append(r.Columns[fk.Parent], fk.ParentCols...)
			}
		}
	}
	for parent := range children {
		var below []Name
		for queue := slices.Clone(children[parent]); len(queue) > 0; queue = queue[1:] {
			if next := queue[0]; !slices.Contains(below, next) {
				below = append(below, next)
				queue = append(queue, children[next]...)
			}
		}
		r.Below[parent] = below
	}
	return r
}

// Reaches tells whether a change of a table can change rows of the other.
func (r Reach) Reaches(from, to Name) bool { return slices.Contains(r.Below[from], to) }

// Circular tells whether a table's changes can come back to it.
func (r Reach) Circular(t Name) bool { return r.Reaches(t, t) }

// Changed tells whether an update gave one of these columns another value.
func (t *Table) Changed(columns []string, before, after Row) bool {
	return slices.ContainsFunc(columns, func(name string) bool {
		i := t.Column(name)
		return i < 0 || (before[i] == nil) != (after[i] == nil) || !bytes.Equal(before[i], after[i])
	})
}
