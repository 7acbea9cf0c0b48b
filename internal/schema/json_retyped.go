package schema

import (
	"bytes"
	"strconv"
)

// JSONRetyped tells whether two canonical JSON values differ, but may be equal
// to a server: it compares numbers by value, so 1 and 1.0 are the same to it,
// and an UPDATE from one to the other changes nothing. In doubt it says yes.
func JSONRetyped(a, b []byte) bool {
	if a == nil || b == nil || bytes.Equal(a, b) {
		return false
	}
	x, y := ParseTypedJSON(a).Text, ParseTypedJSON(b).Text
	for len(x) > 0 && len(y) > 0 {
		if !inNumber(x[0]) || !inNumber(y[0]) {
			if x[0] != y[0] {
				return false
			}
			if x[0] == '"' {
				n := stringEnd(x)
				if !bytes.Equal(x[:n], y[:min(n, len(y))]) {
					return false
				}
				x, y = x[n:], y[n:]
				continue
			}
			x, y = x[1:], y[1:]
			continue
		}
		n, m := numberEnd(x), numberEnd(y)
		if !sameNumber(x[:n], y[:m]) {
			return false
		}
		x, y = x[n:], y[m:]
	}
	return len(x) == len(y)
}

// inNumber tells whether a number may begin with, or go on with, a byte that
// stands outside of strings.
func inNumber(c byte) bool { return c == '-' || c >= '0' && c <= '9' }

func numberEnd(text []byte) int {
	n := 0
	for n < len(text) && (inNumber(text[n]) || text[n] == '.' || text[n] == '+' || text[n] == 'e' || text[n] == 'E') {
		n++
	}
	return n
}

// stringEnd returns the length of the string that text begins with, quotes
// included.
func stringEnd(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func sameNumber(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, errX := strconv.ParseFloat(string(a), 64)
	y, errY := strconv.ParseFloat(string(b), 64)
	return errX != nil || errY != nil || x == y
}
