package schema

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
)

// AppendLiteral appends value v of column c as an SQL literal that stores, or
// matches, exactly that value. The session must have been set up for it:
//
//	SET NAMES binary; time_zone '+00:00';
//	sql_mode 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'
//
// (NO_BACKSLASH_ESCAPES off, not strict). A string literal is a binary string
// then, which is stored byte for byte and compared under the column's own
// collation, with its index.
func AppendLiteral(dst []byte, c *Column, v []byte) []byte {
	if v == nil {
		return append(dst, "NULL"...)
	}
	switch c.Kind {
	case Int, Decimal, Float, Double, Year, Enum, Set, Bit:
		return append(dst, v...)
	case Date, Time, DateTime, Timestamp:
		dst = append(dst, '\'')
		dst = append(dst, v...)
		return append(dst, '\'')
	case JSON:
		return AppendJSON(dst, v)
	}
	return appendQuoted(dst, v)
}

// AppendMatch appends the condition that column c holds exactly v, as its
// collation sees it: NULL-safe, and usable with an index on c.
func AppendMatch(dst []byte, c *Column, v []byte) []byte {
	dst = c.AppendName(dst)
	if v == nil {
		return append(dst, " IS NULL"...)
	}
	dst = append(dst, '=')
	if c.Kind == JSON {
		// A JSON column equals a JSON value only: a string literal would be
		// compared as a JSON string.
		dst = append(dst, "CAST("...)
		dst = AppendJSON(dst, v)
		return append(dst, " AS JSON)"...)
	}
	return AppendComparand(dst, c, v)
}

// AppendComparand appends a literal of value v for a comparison with column c
// (JSON apart, see [AppendMatch]). It differs from [AppendLiteral] where the
// server would convert one of the two:
//
// Text gets the column's character set, for a binary string is converted to it,
// which fails for bytes that the set gives no meaning to (hebrew 0xC0). The
// Unicode sets have no such bytes, and different names from version to version.
func AppendComparand(dst []byte, c *Column, v []byte) []byte {
	switch {
	case v == nil:
	case c.Kind == Set:
		return appendSigned(dst, v)
	case c.Kind == Char || c.Kind == Text:
		dst = append(dst, '_')
		if c.Charset == "" || strings.HasPrefix(c.Charset, "utf8") {
			dst = append(dst, "binary"...)
		} else {
			dst = append(dst, c.Charset...)
		}
		return appendQuoted(dst, v)
	}
	return AppendLiteral(dst, c, v)
}

// appendSigned appends an unsigned number as the signed one of the same bits:
// to a comparison, the 64th member of a SET is a sign.
func appendSigned(dst, v []byte) []byte {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil || n <= math.MaxInt64 {
		return append(dst, v...)
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

func appendQuoted(dst, v []byte) []byte {
	if len(v) > 1<<16 {
		// Exactly as much as it takes: to count is cheaper than to copy what has
		// been written to a larger place, and holds no second place meanwhile.
		escapes := 0
		for _, b := range []string{"\x00", "'", "\\"} {
			escapes += bytes.Count(v, []byte(b))
		}
		dst = slices.Grow(dst, len(v)+escapes+2)
	}
	dst = append(dst, '\'')
	dst = appendEscaped(dst, v)
	return append(dst, '\'')
}

// appendEscaped copies runs of plain bytes and escapes what would end or
// change a literal.
func appendEscaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexAny(v, "\x00'\\")
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		switch v[i] {
		case 0:
			dst = append(dst, '\\', '0')
		default:
			dst = append(dst, '\\', v[i])
		}
		v = v[i+1:]
	}
}
