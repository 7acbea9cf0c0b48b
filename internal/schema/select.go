package schema

import (
	"strconv"
	"strings"
)

// AppendSelect appends the expression that reads column c over the text
// protocol without losing anything, in a session that is set up as
// [AppendLiteral] asks for. What comes back is the canonical value once it has
// been through [FromText]. JSON is the document's text: values that the text
// does not tell apart (see [TypedJSON]) need a question of their own.
func AppendSelect(dst []byte, c *Column) []byte {
	name := Quote(c.Name)
	switch {
	case c.Kind == Float, c.Kind == Double:
		// FLOAT prints six digits only, and -0 loses its sign in some versions.
		return append(append(dst, name...), "*1e0"...)
	case c.Kind == Enum, c.Kind == Set, c.Kind == Bit, c.zerofill():
		dst = append(dst, "CAST("...)
		dst = append(dst, name...)
		return append(dst, " AS UNSIGNED)"...)
	}
	return append(dst, name...)
}

// zerofill tells whether the server prints the integer with leading zeros.
func (c *Column) zerofill() bool { return c.Kind == Int && strings.Contains(c.Type, "zerofill") }

// FromText returns the canonical value of what [AppendSelect] read; only floats
// differ from it. The result may share v's memory.
func FromText(k Kind, v []byte) ([]byte, error) {
	if v == nil || k != Float && k != Double {
		return v, nil
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return nil, err
	}
	return AppendFloat(make([]byte, 0, 24), f), nil
}
