package copier

import (
	"bytes"
	"strconv"
)

func itoa(i int) string { return strconv.Itoa(i) }

// appendLine appends a row as a line of LOAD DATA's file.
func (l *layout) appendLine(dst []byte, row [][]byte) []byte {
	for n, i := range l.written {
		if n > 0 {
			dst = append(dst, '\t')
		}
		switch v := row[i]; {
		case v == nil:
			dst = append(dst, '\\', 'N')
		case l.classes[i] == clipped:
			dst = append(dst, clip(l.column(i), v)...)
		case l.classes[i] == plain:
			dst = append(dst, v...)
		default:
			dst = appendEscaped(dst, v)
		}
	}
	return append(dst, '\n')
}

// appendEscaped copies runs of plain bytes and escapes what would end a field or
// begin an escape.
func appendEscaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexAny(v, "\\\t\n")
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		// An escaped tab or newline stands for itself.
		dst = append(dst, '\\', v[i])
		v = v[i+1:]
	}
}
