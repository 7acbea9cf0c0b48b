package schema

// AppendExactMatch appends the condition that column c holds v byte for byte.
// It is for rows without a key, where two rows that a collation takes for equal
// are two rows still; [AppendMatch] is in it, so that an index can serve.
func AppendExactMatch(dst []byte, c *Column, v []byte) []byte {
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
