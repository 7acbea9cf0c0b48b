package schema

import "strconv"

// AppendFloat appends the canonical text of a FLOAT (widened) or DOUBLE value.
// MySQL stores neither NaN nor infinities.
func AppendFloat(dst []byte, f float64) []byte {
	return strconv.AppendFloat(dst, f, 'e', -1, 64)
}
