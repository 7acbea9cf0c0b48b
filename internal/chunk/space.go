package chunk

import (
	"bytes"

	"tandem/internal/schema"
)

// Space is the key space of a table.
type Space struct {
	table *schema.Table
	parts []part
}

type part struct {
	column *schema.Column
	index  int
	desc   bool
	prefix bool
}

// Key is a point in a key space: a canonical value for each part of the key.
type Key [][]byte

// Of returns the key space of a table; false for a table without a row key, or
// with one that can not be cut into ranges.
func Of(t *schema.Table) (*Space, bool) {
	k := t.RowKey()
	if k == nil {
		return nil, false
	}
	s := &Space{table: t}
	for _, p := range k.Parts {
		if c := &t.Columns[p.Column]; c.Kind == schema.Set && len(c.Members) == 64 {
			// The server compares the 64th member as a sign, but its index has it
			// last: ranges would miss rows.
			return nil, false
		}
		s.parts = append(s.parts, part{&t.Columns[p.Column], p.Column, p.Descending, p.Prefix > 0})
	}
	return s, true
}

// Table returns the table that the space belongs to.
func (s *Space) Table() *schema.Table { return s.table }

// Columns returns the table's columns that make up the key, in key order.
func (s *Space) Columns() []int {
	out := make([]int, len(s.parts))
	for i, p := range s.parts {
		out[i] = p.index
	}
	return out
}

// Ordered tells whether keys can be compared here for certain.
func (s *Space) Ordered() bool {
	for _, p := range s.parts {
		if !p.ordered() {
			return false
		}
	}
	return true
}

func (p part) ordered() bool { return p.column.Kind.Ordered() && !p.prefix }

// AppendKey appends the key of a row to dst. It shares the row's memory.
func (s *Space) AppendKey(dst Key, row schema.Row) Key {
	for _, p := range s.parts {
		dst = append(dst, row[p.index])
	}
	return dst
}

// Compare puts two keys into the order of the space. sure is false where the
// first parts that are not equal byte for byte can not be compared here.
func (s *Space) Compare(a, b Key) (order int, sure bool) {
	for i, p := range s.parts {
		if bytes.Equal(a[i], b[i]) {
			continue
		}
		if !p.ordered() {
			return 0, false
		}
		c := schema.Compare(p.column.Kind, a[i], b[i])
		if p.desc {
			c = -c
		}
		if c != 0 {
			return c, true
		}
	}
	return 0, true
}

// Clone returns a copy that shares no memory with k.
func (k Key) Clone() Key { return Key(schema.Row(k).Clone()) }

// Equal tells whether two keys are the same byte for byte.
func (k Key) Equal(o Key) bool {
	if (k == nil) != (o == nil) {
		return false
	}
	return schema.Row(k).Equal(schema.Row(o))
}

// AppendBytes appends an encoding of the key that differs for different keys,
// to be used as a map's key.
func (k Key) AppendBytes(dst []byte) []byte {
	for _, v := range k {
		n := len(v)
		dst = append(dst, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
		dst = append(dst, v...)
	}
	return dst
}

// KeyFromBytes returns the key that [Key.AppendBytes] encoded.
func KeyFromBytes(text string) Key {
	var k Key
	for len(text) >= 4 {
		n := int(text[0]) | int(text[1])<<8 | int(text[2])<<16 | int(text[3])<<24
		k = append(k, []byte(text[4:4+n]))
		text = text[4+n:]
	}
	return k
}
