package chunk

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"tandem/internal/schema"
)

// Range is the keys from Lower up to, not including, Upper. A nil bound is open.
type Range struct {
	Lower Key
	Upper Key
}

// Where says where a key lies.
type Where uint8

// The answers of [Space.Contains].
const (
	Outside Where = iota
	Inside
	Unsure
)

// Contains tells whether a key is in the range. Unsure means that only the
// server can tell.
func (s *Space) Contains(r Range, k Key) Where {
	unsure := false
	if r.Lower != nil {
		c, sure := s.Compare(k, r.Lower)
		if sure && c < 0 {
			return Outside
		}
		unsure = !sure
	}
	if r.Upper != nil {
		c, sure := s.Compare(k, r.Upper)
		if sure && c >= 0 {
			return Outside
		}
		unsure = unsure || !sure
	}
	if unsure {
		return Unsure
	}
	return Inside
}

// Format returns the range for people: [120,4000).
func (s *Space) Format(r Range) string {
	lower, upper := "(-inf", "+inf)"
	if r.Lower != nil {
		lower = "[" + s.FormatKey(r.Lower)
	}
	if r.Upper != nil {
		upper = s.FormatKey(r.Upper) + ")"
	}
	return lower + "," + upper
}

// FormatKey returns a key for people: a composite one in parentheses, long
// values cut, bytes that are no text in hexadecimal.
func (s *Space) FormatKey(k Key) string {
	var b strings.Builder
	if len(k) > 1 {
		b.WriteByte('(')
	}
	for i, v := range k {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(formatValue(s.parts[i].column.Kind, v))
	}
	if len(k) > 1 {
		b.WriteByte(')')
	}
	return b.String()
}

// maxShown is how many bytes of a value are shown to people.
const maxShown = 40

func formatValue(kind schema.Kind, v []byte) string {
	switch kind {
	case schema.Char, schema.Text:
		if utf8.Valid(v) {
			if len(v) > maxShown {
				return fmt.Sprintf("%q…", strings.ToValidUTF8(string(v[:maxShown]), ""))
			}
			return fmt.Sprintf("%q", v)
		}
		fallthrough
	case schema.Binary, schema.Bytes, schema.Geometry, schema.Vector:
		if len(v) > maxShown {
			return "0x" + hex.EncodeToString(v[:maxShown]) + "…"
		}
		return "0x" + hex.EncodeToString(v)
	}
	return string(v)
}

// EncodeKey returns the key as text for storage; a nil key (an open bound) is
// the empty string.
func EncodeKey(k Key) string {
	var b strings.Builder
	for i, v := range k {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('x')
		b.WriteString(hex.EncodeToString(v))
	}
	return b.String()
}

// DecodeKey reads what [EncodeKey] wrote.
func DecodeKey(text string) (Key, error) {
	if text == "" {
		return nil, nil
	}
	var k Key
	for field := range strings.SplitSeq(text, ",") {
		digits, ok := strings.CutPrefix(field, "x")
		v, err := hex.DecodeString(digits)
		if !ok || err != nil {
			return nil, fmt.Errorf("decode key %q: bad part %q", text, field)
		}
		k = append(k, v)
	}
	return k, nil
}
