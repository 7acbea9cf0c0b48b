package chunk

import (
	"strconv"

	"tandem/internal/schema"
)

// AppendWhere appends the condition, without WHERE, that a row's key is in the
// range; TRUE for the range that is open on both sides.
//
// Keys of several parts are compared part by part: row constructors would make
// the optimizer use the first part of the index only.
func (s *Space) AppendWhere(dst []byte, r Range) []byte {
	if r.Lower == nil && r.Upper == nil {
		return append(dst, "TRUE"...)
	}
	if r.Lower != nil {
		dst = append(dst, '(')
		dst = s.appendBound(dst, r.Lower, 0, false)
		dst = append(dst, ')')
	}
	if r.Lower != nil && r.Upper != nil {
		dst = append(dst, " AND "...)
	}
	if r.Upper != nil {
		dst = append(dst, '(')
		dst = s.appendBound(dst, r.Upper, 0, true)
		dst = append(dst, ')')
	}
	return dst
}

// appendBound appends "key < k" (below) or "key >= k", from part i on:
//
//	a > x OR (a = x AND (b > y OR (b = y AND c >= z)))
func (s *Space) appendBound(dst []byte, k Key, i int, below bool) []byte {
	p := &s.parts[i]
	last := i == len(s.parts)-1
	op := ">"
	if below != p.desc {
		op = "<"
	}
	if last && !below {
		op += "="
	}
	dst = s.appendCompare(dst, i, op, k[i])
	if last {
		return dst
	}
	dst = append(dst, " OR ("...)
	dst = s.appendCompare(dst, i, "=", k[i])
	dst = append(dst, " AND ("...)
	dst = s.appendBound(dst, k, i+1, below)
	return append(dst, "))"...)
}

// AppendMatch appends the condition that a row's key is k.
func (s *Space) AppendMatch(dst []byte, k Key) []byte {
	for i := range s.parts {
		if i > 0 {
			dst = append(dst, " AND "...)
		}
		dst = s.appendCompare(dst, i, "=", k[i])
	}
	return dst
}

func (s *Space) appendCompare(dst []byte, i int, op string, v []byte) []byte {
	c := s.parts[i].column
	dst = append(dst, schema.Quote(c.Name)...)
	dst = append(dst, op...)
	if c.Kind == schema.Binary || c.Kind == schema.Bytes {
		// Bytes, whatever the connection's character set: sessions that look into
		// JSON can not have the one that makes all literals binary.
		dst = append(dst, "_binary"...)
	}
	return schema.AppendComparand(dst, c, v)
}

// AppendOrder appends the key's columns and directions, for ORDER BY.
func (s *Space) AppendOrder(dst []byte) []byte {
	for i, p := range s.parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, schema.Quote(p.column.Name)...)
		if p.desc {
			dst = append(dst, " DESC"...)
		}
	}
	return dst
}

// AppendSelect appends the expressions that read the key's canonical values,
// once they have been through [Space.FromText].
func (s *Space) AppendSelect(dst []byte) []byte {
	for i, p := range s.parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = schema.AppendSelect(dst, p.column)
	}
	return dst
}

// FromText copies a key that was read with [Space.AppendSelect].
func (s *Space) FromText(values [][]byte) (Key, error) {
	k := Key(values[:len(s.parts)]).Clone()
	for i, p := range s.parts {
		v, err := schema.FromText(p.column.Kind, k[i])
		if err != nil {
			return nil, err
		}
		k[i] = v
	}
	return k, nil
}

// AppendBoundary appends a SELECT of the key that is n rows behind the range's
// lower bound: the upper bound of a range of n rows. It returns no row when
// there are n rows at most.
func (s *Space) AppendBoundary(dst []byte, r Range, n int) []byte {
	dst = append(dst, "SELECT "...)
	dst = s.AppendSelect(dst)
	dst = s.AppendFrom(dst, r)
	dst = append(dst, " LIMIT 1 OFFSET "...)
	return strconv.AppendInt(dst, int64(n), 10)
}

// AppendFrom appends what follows the select list of a SELECT that reads the
// range in key order. The index is named: the optimizer would sometimes rather
// sort the whole range.
func (s *Space) AppendFrom(dst []byte, r Range) []byte {
	dst = append(dst, " FROM "...)
	dst = append(dst, s.table.Quoted()...)
	dst = append(dst, " FORCE INDEX ("...)
	dst = append(dst, schema.Quote(s.table.RowKey().Name)...)
	dst = append(dst, ") WHERE "...)
	dst = s.AppendWhere(dst, r)
	dst = append(dst, " ORDER BY "...)
	return s.AppendOrder(dst)
}
