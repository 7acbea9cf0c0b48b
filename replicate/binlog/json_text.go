package binlog

import (
	"bytes"
	"strconv"
)

// appendJSONString appends a string as the server quotes it: what is not ASCII
// stays as it is.
func appendJSONString(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i, c := range s {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// appendJSONDouble appends a double as the server prints it: the shortest
// digits that read back to it, without an exponent where the decimal point is
// at most 15 places away or has digits behind it, and always with a point or an
// exponent, as it would read back as an integer otherwise.
func appendJSONDouble(dst []byte, f float64) []byte {
	const places = 15
	var buf [32]byte
	// d.ddde±xx
	e := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	mark := bytes.LastIndexByte(e, 'e')
	exponent, _ := strconv.Atoi(string(e[mark+1:]))
	digits := mark - bytes.Count(e[:mark], []byte{'.'}) - bytes.Count(e[:mark], []byte{'-'})
	if point := exponent + 1; point > -places && (point <= places || digits > point) {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if bytes.IndexByte(dst[start:], '.') < 0 {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	dst = append(dst, e[:mark+1]...)
	return strconv.AppendInt(dst, int64(exponent), 10)
}
