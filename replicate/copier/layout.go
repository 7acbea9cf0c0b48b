package copier

import (
	"tandem/internal/chunk"
	"tandem/internal/scan"
	"tandem/internal/schema"
)

// layout is how rows of one version of a table are read and written: the order
// of values in a buffered row is the key's columns, the other columns, and then,
// for each JSON column, the types of the document's values where the text does
// not tell them.
type layout struct {
	def     *schema.Table
	space   *chunk.Space
	columns []int // the columns that are read, the key's first
	keys    int   // how many of them are the key's
	json    []int // indexes into columns
	types   int   // where the types of the first JSON column are, or -1
	// askTypes is set when the SELECT does not bring the types.
	askTypes bool
	// list is what sel is of; learnt is set when it knows how documents are built.
	list    *scan.List
	learnt  bool
	sel     []byte
	load    []byte // LOAD DATA statement
	insert  []byte // INSERT, up to VALUES
	written []int  // indexes into columns
	classes []class
}

// class is how a value is put into the file of LOAD DATA.
type class uint8

const (
	plain   class = iota // needs no escaping
	escaped              // may hold anything
	clipped              // a float with a largest value, see clip.go
	skipped              // is read, not written
)

// newLayout lays a table out. jsonTable tells whether the source has JSON_TABLE;
// where it has not, the types of JSON values are asked for afterwards.
func newLayout(def *schema.Table, jsonTable bool) *layout {
	l := &layout{def: def}
	if space, ok := chunk.Of(def); ok {
		l.space = space
	}
	list := scan.New(def, l.space, scan.Options{JSONTable: jsonTable})
	l.columns, l.keys, l.json, l.types = list.Columns, list.Keys, list.JSON, list.Types
	l.askTypes, l.list, l.sel = list.AskTypes, list, list.SQL
	l.buildLoad()
	l.buildInsert()
	return l
}

// values is the number of values in a row.
func (l *layout) values() int {
	if l.types < 0 {
		return max(len(l.columns), 1)
	}
	return l.types + len(l.json)
}

func (l *layout) column(i int) *schema.Column { return &l.def.Columns[l.columns[i]] }

func (l *layout) buildLoad() {
	s := []byte("LOAD DATA LOCAL INFILE 'chunk' INTO TABLE " + l.def.Quoted() +
		` CHARACTER SET binary FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' (`)
	var set []byte
	for i := range l.columns {
		col := l.column(i)
		l.classes = append(l.classes, classOf(col))
		if col.Generated {
			l.classes[i] = skipped
			continue
		}
		if len(l.written) > 0 {
			s = append(s, ',')
		}
		l.written = append(l.written, i)
		from, to := conversion(col.Kind)
		if from == "" {
			s = append(s, schema.Quote(col.Name)...)
			continue
		}
		variable := "@v" + itoa(i)
		s = append(s, variable...)
		if set == nil {
			set = append(set, " SET "...)
		} else {
			set = append(set, ',')
		}
		set = append(set, schema.Quote(col.Name)+"="+from+variable+to...)
	}
	s = append(s, ')')
	l.load = append(s, set...)
}

// conversion is for types that would take a string for something else: a
// member's label, a bit pattern, a binary string.
func conversion(k schema.Kind) (before, behind string) {
	switch k {
	case schema.Enum, schema.Set, schema.Bit:
		return "CAST(", " AS UNSIGNED)"
	case schema.JSON:
		return "CONVERT(", " USING utf8mb4)"
	}
	return "", ""
}

func classOf(c *schema.Column) class {
	switch c.Kind {
	case schema.Float, schema.Double:
		if _, _, ok := digits(c); ok {
			return clipped
		}
		return plain
	case schema.Int, schema.Decimal, schema.Year, schema.Date, schema.Time,
		schema.DateTime, schema.Timestamp, schema.Enum, schema.Set, schema.Bit:
		return plain
	}
	return escaped
}

func (l *layout) buildInsert() {
	s := []byte("INTO " + l.def.Quoted() + " (")
	for n, i := range l.written {
		if n > 0 {
			s = append(s, ',')
		}
		s = append(s, schema.Quote(l.column(i).Name)...)
	}
	l.insert = append(s, ") VALUES "...)
}

// appendTuple appends a row's values as literals.
func (l *layout) appendTuple(dst []byte, row [][]byte) ([]byte, error) {
	dst = append(dst, '(')
	for n, i := range l.written {
		if n > 0 {
			dst = append(dst, ',')
		}
		v := row[i]
		if l.classes[i] == clipped {
			v = clip(l.column(i), v)
		}
		v, err := schema.FromText(l.column(i).Kind, v)
		if err != nil {
			return nil, err
		}
		dst = schema.AppendLiteral(dst, l.column(i), v)
	}
	return append(dst, ')'), nil
}

// key copies a row's key.
func (l *layout) key(row [][]byte) (chunk.Key, error) { return l.space.FromText(row) }

// describe names a row for people.
func (l *layout) describe(row [][]byte) string {
	if l.space == nil {
		return "without a key"
	}
	return l.space.FormatKey(chunk.Key(row[:l.keys]))
}
