package schema

import (
	"crypto/sha512"
	"fmt"
)

// largeMatch is the size from which values are matched by a digest.
const largeMatch = 64 << 10

// AppendExactMatch appends the condition that column c holds v byte for byte.
// It is for rows without a key, where two rows that a collation takes for equal
// are two rows still; [AppendMatch] is in it, so that an index can serve.
//
// A large value is matched by its length and SHA-512: the statement would hold
// it a second time otherwise.
func AppendExactMatch(dst []byte, c *Column, v []byte) []byte {
	if len(v) > largeMatch && (c.Kind == Bytes || c.Kind == Text) {
		dst = append(dst, "LENGTH("...)
		dst = c.AppendName(dst)
		dst = fmt.Appendf(dst, ")=%d AND SHA2(", len(v))
		dst = c.AppendName(dst)
		return fmt.Appendf(dst, ",512)='%x'", sha512.Sum512(v))
	}
	dst = AppendMatch(dst, c, v)
	if v == nil {
		return dst
	}
	switch c.Kind {
	case Char, Text:
		dst = append(dst, " AND CAST("...)
		dst = c.AppendName(dst)
		dst = append(dst, " AS BINARY)="...)
		return appendQuoted(dst, v)
	case JSON:
		// 1 and 1.0 are equal JSON numbers with different texts.
		dst = append(dst, " AND CAST(CAST("...)
		dst = c.AppendName(dst)
		dst = append(dst, " AS CHAR CHARACTER SET utf8mb4) AS BINARY)=CAST(CAST(CAST("...)
		dst = AppendJSON(dst, v)
		return append(dst, " AS JSON) AS CHAR CHARACTER SET utf8mb4) AS BINARY)"...)
	case Float, Double:
		// -0 equals 0, but its text has a sign.
		if string(v) == "0e+00" || string(v) == "-0e+00" {
			dst = append(dst, " AND CAST("...)
			dst = c.AppendName(dst)
			dst = append(dst, " AS CHAR) "...)
			if v[0] != '-' {
				dst = append(dst, "NOT "...)
			}
			return append(dst, "LIKE '-%'"...)
		}
	}
	return dst
}
