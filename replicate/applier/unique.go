package applier

import (
	"strings"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/schema"
)

// unique is a unique key through which two rows of a window can meet although
// their row keys differ: one may take the value that the other gives up, so
// they must go through one lane, in an order that works.
type unique struct {
	// id tells the keys of all tables apart.
	id    uint64
	parts []uniquePart
	// opaque is set for a key whose values can not be told from a row image (an
	// expression) or not be compared (an unknown collation): every change of the
	// table may meet every other.
	opaque bool
}

type uniquePart struct {
	column int
	text   bool
	prefix int
}

// uniquesOf lists the keys of a table that need a look. A row key made of
// values that compare by their bytes needs none: rows are told apart by it.
func uniquesOf(t *schema.Table) []unique {
	var list []unique
	rowKey := t.RowKey()
	for i := range t.Keys {
		k := &t.Keys[i]
		if !k.Unique && !k.Primary {
			continue
		}
		if k == rowKey && plain(t, k) {
			continue
		}
		u := unique{id: xxhash.Sum64String(t.Schema + "\x00" + t.Name.Table + "\x00" + k.Name)}
		for _, p := range k.Parts {
			if p.Column < 0 {
				u.opaque = true
				continue
			}
			c := &t.Columns[p.Column]
			text := c.Kind == schema.Char || c.Kind == schema.Text
			if text && !asciiComparable(c.Collation) {
				u.opaque = true
			}
			u.parts = append(u.parts, uniquePart{p.Column, text, p.Prefix})
		}
		list = append(list, u)
	}
	return list
}

func plain(t *schema.Table, k *schema.Key) bool {
	for _, p := range k.Parts {
		if p.Column < 0 || p.Prefix > 0 || !t.Columns[p.Column].Kind.Ordered() {
			return false
		}
	}
	return true
}

// asciiComparable tells whether two strings of printable ASCII characters are
// equal under a collation only if they are equal but for case and trailing
// spaces. It holds for the collations without a language; some languages take
// i for y, or u for v.
func asciiComparable(collation string) bool {
	if collation == "binary" {
		return true
	}
	_, kind, ok := strings.Cut(collation, "_")
	if !ok {
		return false
	}
	switch kind {
	case "bin", "general_ci", "general_cs", "unicode_ci", "unicode_520_ci", "general_mysql500_ci",
		"0900_ai_ci", "0900_as_ci", "0900_as_cs", "0900_bin", "swedish_ci", "japanese_ci", "chinese_ci", "korean_ci":
		return true
	}
	return false
}

// token is a value of a unique key as a number: equal values have equal tokens.
// wild is set for a value that may equal any other. ok is false for a value
// that equals none, not even itself: NULL.
func (u *unique) token(row schema.Row, scratch []byte) (token uint64, wild, ok bool, buf []byte) {
	buf = scratch[:0]
	for _, p := range u.parts {
		v := row[p.column]
		if v == nil {
			return 0, false, false, buf
		}
		if !p.text {
			if string(v) == "-0e+00" {
				v = v[1:]
			}
			if p.prefix > 0 && len(v) > p.prefix {
				v = v[:p.prefix]
			}
			buf = appendPart(buf, v)
			continue
		}
		folded, clean := appendFolded(buf, v, p.prefix)
		if !clean {
			wild = true
		}
		buf = folded
	}
	if u.opaque {
		wild = true
	}
	return xxhash.Sum64(buf) ^ u.id, wild, true, buf
}

// appendPart appends a value so that no two lists of values look the same.
func appendPart(dst, v []byte) []byte {
	dst = append(dst, byte(len(v)), byte(len(v)>>8), byte(len(v)>>16), byte(len(v)>>24))
	return append(dst, v...)
}

// appendFolded appends a string without what a collation may ignore. clean is
// false if there are characters that it knows nothing about.
func appendFolded(dst, v []byte, prefix int) (out []byte, clean bool) {
	if prefix > 0 && len(v) > prefix {
		v = v[:prefix]
	}
	for len(v) > 0 && v[len(v)-1] == ' ' {
		v = v[:len(v)-1]
	}
	for _, b := range v {
		if b < 0x20 || b > 0x7e {
			return dst, false
		}
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return append(dst, 0), true
}

// changes tells whether a change of a row may change its value under the key.
func (u *unique) changes(before, after schema.Row) bool {
	if before == nil || after == nil || u.opaque {
		return true
	}
	for _, p := range u.parts {
		if !sameValue(before[p.column], after[p.column]) {
			return true
		}
	}
	return false
}
