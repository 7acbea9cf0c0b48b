package schema

import (
	"bytes"
	"encoding/binary"
)

// TypedJSON is a JSON document whose text alone would not restore it: MySQL
// keeps DECIMAL, DATE, TIME, DATETIME and binary values inside a document as
// what they are, but prints them as numbers and strings.
type TypedJSON struct {
	// Text is the document's text.
	Text []byte
	// Leaves are the values that Text does not tell apart.
	Leaves []TypedLeaf
}

// TypedLeaf is one such value.
type TypedLeaf struct {
	// Path is the MySQL JSON path of the value ($."a"[3]).
	Path string
	// Expr is an SQL expression of the value's exact type
	// (CAST('1.50' AS DECIMAL(3,2))).
	Expr string
}

// typedJSON is the first byte of a canonical value that holds a [TypedJSON]:
// no JSON text starts with it.
const typedJSON = 0x01

// AppendTypedJSON appends the canonical value of d.
func AppendTypedJSON(dst []byte, d TypedJSON) []byte {
	if len(d.Leaves) == 0 {
		return append(dst, d.Text...)
	}
	dst = append(dst, typedJSON)
	dst = appendBlock(dst, d.Text)
	for _, l := range d.Leaves {
		dst = appendBlock(dst, []byte(l.Path))
		dst = appendBlock(dst, []byte(l.Expr))
	}
	return dst
}

// ParseTypedJSON takes a canonical JSON value apart.
func ParseTypedJSON(v []byte) TypedJSON {
	if len(v) == 0 || v[0] != typedJSON {
		return TypedJSON{Text: v}
	}
	var d TypedJSON
	d.Text, v = takeBlock(v[1:])
	for len(v) > 0 {
		var path, expr []byte
		path, v = takeBlock(v)
		expr, v = takeBlock(v)
		d.Leaves = append(d.Leaves, TypedLeaf{Path: string(path), Expr: string(expr)})
	}
	return d
}

// AppendJSON appends a canonical JSON value as an SQL expression.
func AppendJSON(dst, v []byte) []byte {
	if len(v) == 0 || v[0] != typedJSON {
		dst = append(dst, "_utf8mb4"...)
		return appendQuoted(dst, v)
	}
	d := ParseTypedJSON(v)
	dst = append(dst, "JSON_SET(_utf8mb4"...)
	dst = appendQuoted(dst, d.Text)
	for _, l := range d.Leaves {
		dst = append(dst, ",_utf8mb4"...)
		dst = appendQuoted(dst, []byte(l.Path))
		dst = append(dst, ',')
		dst = append(dst, l.Expr...)
	}
	return append(dst, ')')
}

func appendBlock(dst, b []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

func takeBlock(v []byte) (block, rest []byte) {
	n, w := binary.Uvarint(v)
	if w <= 0 || uint64(len(v)-w) < n {
		return bytes.Clone(v), nil
	}
	return v[w : w+int(n)], v[w+int(n):]
}
