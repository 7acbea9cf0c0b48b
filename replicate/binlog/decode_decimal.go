package binlog

import (
	"errors"
	"strconv"
)

// maxDecimalDigits is the largest precision of a DECIMAL, maxDecimalText its
// longest text: sign, a leading zero, point and digits.
const (
	maxDecimalDigits = 65
	maxDecimalText   = maxDecimalDigits + 3
)

// digitBytes is how many bytes a group of 0 to 9 decimal digits takes.
var digitBytes = [10]int{0, 1, 1, 2, 2, 3, 3, 4, 4, 4}

var powers = [10]uint32{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

var errDecimal = errors.New("malformed decimal")

// decimalSize is how many bytes a DECIMAL(precision, scale) takes.
func decimalSize(precision, scale int) int {
	whole := precision - scale
	return whole/9*4 + digitBytes[whole%9] + scale/9*4 + digitBytes[scale%9]
}

// appendDecimal appends the text of a DECIMAL: groups of nine digits in four
// big-endian bytes each, the odd digits at the outer ends, the first bit
// flipped, and every bit flipped if negative.
func appendDecimal(dst, raw []byte, precision, scale int) ([]byte, error) {
	if len(raw) == 0 || len(raw) != decimalSize(precision, scale) {
		return nil, errDecimal
	}
	var flip byte
	if raw[0]&0x80 == 0 {
		flip = 0xff
		dst = append(dst, '-')
	}
	g := digitGroups{raw: raw, flip: flip}
	start := len(dst)
	whole := precision - scale
	var err error
	if dst, err = g.append(dst, whole%9); err != nil {
		return nil, err
	}
	for range whole / 9 {
		if dst, err = g.append(dst, 9); err != nil {
			return nil, err
		}
	}
	dst = trimZeros(dst, start)
	if scale == 0 {
		return dst, nil
	}
	dst = append(dst, '.')
	for range scale / 9 {
		if dst, err = g.append(dst, 9); err != nil {
			return nil, err
		}
	}
	return g.append(dst, scale%9)
}

// trimZeros takes the leading zeros away from the digits behind start, and
// leaves at least one digit.
func trimZeros(dst []byte, start int) []byte {
	n := start
	for n < len(dst) && dst[n] == '0' {
		n++
	}
	if n == len(dst) {
		return append(dst[:start], '0')
	}
	return append(dst[:start], dst[n:]...)
}

// digitGroups reads groups of digits one after the other.
type digitGroups struct {
	raw  []byte
	flip byte
	pos  int
}

func (g *digitGroups) append(dst []byte, digits int) ([]byte, error) {
	n := digitBytes[digits]
	if n == 0 {
		return dst, nil
	}
	var v uint32
	for i := range n {
		b := g.raw[g.pos+i] ^ g.flip
		if g.pos+i == 0 {
			b ^= 0x80
		}
		v = v<<8 | uint32(b)
	}
	g.pos += n
	if v >= powers[digits] {
		return nil, errDecimal
	}
	for d := digits - 1; d > 0 && v < powers[d]; d-- {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, uint64(v), 10), nil
}
