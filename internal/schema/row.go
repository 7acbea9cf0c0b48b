package schema

import "bytes"

// Row is one row image: a canonical value per column, nil for NULL. The bytes
// may belong to a buffer that is used again, so a Row is valid only as long as
// whoever handed it out says.
type Row [][]byte

// Equal tells whether two rows are the same, byte for byte. NULL equals NULL.
func (r Row) Equal(o Row) bool {
	if len(r) != len(o) {
		return false
	}
	for i := range r {
		if (r[i] == nil) != (o[i] == nil) || !bytes.Equal(r[i], o[i]) {
			return false
		}
	}
	return true
}

// Size returns the number of bytes that the row's values hold.
func (r Row) Size() int {
	n := 0
	for _, v := range r {
		n += len(v)
	}
	return n
}

// Clone returns a copy that shares no memory with r.
func (r Row) Clone() Row {
	c := make(Row, len(r))
	buf := make([]byte, 0, r.Size())
	for i, v := range r {
		if v == nil {
			continue
		}
		start := len(buf)
		buf = append(buf, v...)
		c[i] = buf[start:len(buf):len(buf)]
	}
	return c
}

// Compare puts two canonical values of the same [Kind.Ordered] kind into the
// server's order: -1, 0 or +1. NULL comes first. Binary strings compare by
// their bytes, a shorter one first.
func Compare(k Kind, a, b []byte) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	switch k {
	case Int, Enum, Set, Bit, Year:
		return compareDigits(a, b)
	}
	return bytes.Compare(a, b)
}

// compareDigits compares decimal integers of any length, "-" first if negative.
func compareDigits(a, b []byte) int {
	an, bn := len(a) > 0 && a[0] == '-', len(b) > 0 && b[0] == '-'
	switch {
	case an && !bn:
		return -1
	case !an && bn:
		return 1
	case an && bn:
		a, b = b[1:], a[1:]
	}
	if len(a) != len(b) {
		if len(a) < len(b) {
			return -1
		}
		return 1
	}
	return bytes.Compare(a, b)
}
