package scan

import (
	"fmt"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// SessionVars are what a session needs to look into JSON documents: JSON_TABLE
// takes no binary strings, not even of its own making, and the types of a
// document's values come back as one string.
func SessionVars() []string {
	return []string{"collation_connection=utf8mb4_bin", "group_concat_max_len=67108864"}
}

// Options say what a list takes in.
type Options struct {
	// JSONTable tells whether the servers have JSON_TABLE.
	JSONTable bool
	// Stored takes in generated columns that are stored.
	Stored bool
}

// List is the select list of a table.
type List struct {
	Table   *schema.Table
	Columns []int // the columns that are read, the key's first
	Keys    int   // how many of them are the key's
	JSON    []int // indexes into Columns
	Types   int   // where the types of the first JSON column are, or -1
	// AskTypes is set when the SELECT does not bring the types.
	AskTypes bool
	// SQL is SELECT and the list.
	SQL []byte
	// typesSQL is what of it brings the types.
	typesSQL []byte
}

// New makes the list of a table. The space is nil for a table that has none.
func New(def *schema.Table, space *chunk.Space, o Options) *List {
	l := &List{Table: def, Types: -1}
	isKey := make([]bool, len(def.Columns))
	if space != nil {
		l.Columns = space.Columns()
		l.Keys = len(l.Columns)
		for _, i := range l.Columns {
			isKey[i] = true
		}
	}
	for i := range def.Columns {
		if c := &def.Columns[i]; !isKey[i] && (!c.Generated || o.Stored && !c.Virtual) {
			l.Columns = append(l.Columns, i)
		}
	}
	l.build(o)
	return l
}

func (l *List) build(o Options) {
	for i := range l.Columns {
		if c := l.Column(i); c.Kind == schema.JSON && (!c.Generated || o.Stored) {
			l.JSON = append(l.JSON, i)
		}
	}
	if len(l.JSON) > 0 {
		l.AskTypes = !o.JSONTable
		l.Types = len(l.Columns)
		for _, i := range l.JSON {
			l.typesSQL = append(l.typesSQL, ',')
			if l.AskTypes {
				l.typesSQL = append(l.typesSQL, "NULL"...)
			} else {
				l.typesSQL = AppendTypes(l.typesSQL, schema.Quote(l.Column(i).Name))
			}
		}
	}
	l.SQL = append(l.columnsSQL(false), l.typesSQL...)
}

// columnsSQL is SELECT and the columns.
func (l *List) columnsSQL(binary bool) []byte {
	s := []byte("SELECT ")
	if len(l.Columns) == 0 {
		// Only generated columns: rows are all there is to read.
		s = append(s, '1')
	}
	for i := range l.Columns {
		if i > 0 {
			s = append(s, ',')
		}
		c := l.Column(i)
		switch {
		case binary && (c.Kind == schema.Int || c.Kind == schema.Float || c.Kind == schema.Double):
			s = c.AppendName(s)
		default:
			s = schema.AppendSelect(s, c)
		}
	}
	return s
}

// Column is the i-th column of the list.
func (l *List) Column(i int) *schema.Column { return &l.Table.Columns[l.Columns[i]] }

// Values is the number of values in a row.
func (l *List) Values() int {
	if l.Types < 0 {
		return max(len(l.Columns), 1)
	}
	return l.Types + len(l.JSON)
}

// Canonical puts the canonical values of a row into dst, one for each column of
// the list. They may share the memory of values.
func (l *List) Canonical(dst schema.Row, values [][]byte) (schema.Row, error) {
	dst = dst[:0]
	for i := range l.Columns {
		v, err := schema.FromText(l.Column(i).Kind, values[i])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", l.Column(i).Name, err)
		}
		dst = append(dst, v)
	}
	for n, i := range l.JSON {
		types := values[l.Types+n]
		if types == nil {
			continue
		}
		v, err := TypedLeaves(values[i], string(types))
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", l.Column(i).Name, err)
		}
		dst[i] = v
	}
	return dst, nil
}
