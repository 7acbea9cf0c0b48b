package binlog

import (
	"errors"
	"strconv"
	"time"
)

// maxTemporalText is room enough for the text of any date or time, also of
// values that only corrupt bytes can hold.
const maxTemporalText = 48

var errTemporal = errors.New("malformed date or time")

// appendTemporal appends the text of a date or time. Zero dates, and dates
// that do not exist, are printed as they are.
func appendTemporal(dst []byte, c *columnPlan, raw []byte) ([]byte, error) {
	switch c.op {
	case opYear:
		if raw[0] == 0 {
			return append(dst, "0000"...), nil
		}
		return strconv.AppendUint(dst, 1900+uint64(raw[0]), 10), nil
	case opDate:
		v := littleEndian(raw)
		return appendDate(dst, v>>9, v>>5&15, v&31), nil
	case opTime:
		return appendOldTime(dst, raw), nil
	case opDateTime:
		return appendOldDateTime(dst, littleEndian(raw))
	case opTimestamp:
		return appendTimestamp(dst, littleEndian(raw), 0, 0), nil
	case opTime2:
		return appendTime2(dst, raw, c.scale), nil
	case opDateTime2:
		return appendDateTime2(dst, raw, c.scale)
	case opTimestamp2:
		micros := fraction(raw[4:])
		return appendTimestamp(dst, bigEndian(raw[:4]), micros, c.scale), nil
	}
	return nil, errTemporal
}

// appendOldTime reads the TIME of servers before 5.6.4: HHMMSS as a number.
func appendOldTime(dst, raw []byte) []byte {
	v := int64(littleEndian(raw)<<40) >> 40
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	u := uint64(v)
	return appendClock(dst, u/10000, u/100%100, u%100)
}

// appendOldDateTime reads the DATETIME of servers before 5.6.4:
// YYYYMMDDHHMMSS as a number.
func appendOldDateTime(dst []byte, v uint64) ([]byte, error) {
	date, clock := v/1000000, v%1000000
	if date > 99991231 {
		return nil, errTemporal
	}
	dst = appendDate(dst, date/10000, date/100%100, date%100)
	dst = append(dst, ' ')
	return appendClock(dst, clock/10000, clock/100%100, clock%100), nil
}

// appendTimestamp appends seconds since 1970 in UTC; 0 is the zero date.
func appendTimestamp(dst []byte, seconds, micros uint64, scale int) []byte {
	if seconds == 0 && micros == 0 {
		dst = append(dst, "0000-00-00 00:00:00"...)
		return appendFraction(dst, 0, scale)
	}
	t := time.Unix(int64(seconds), 0).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = appendDate(dst, uint64(year), uint64(month), uint64(day))
	dst = append(dst, ' ')
	dst = appendClock(dst, uint64(hour), uint64(minute), uint64(second))
	return appendFraction(dst, micros, scale)
}

// appendTime2 reads a number of 24 bits and a fraction, both together negative
// in two's complement.
func appendTime2(dst, raw []byte, scale int) []byte {
	bits := 8 * len(raw)
	v := int64(bigEndian(raw)) - 1<<(bits-1)
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	fracBits := bits - 24
	u := uint64(v)
	hms := u >> fracBits
	micros := scaleFraction(u&(1<<fracBits-1), len(raw)-3)
	dst = appendClock(dst, hms>>12&0x3ff, hms>>6&63, hms&63)
	return appendFraction(dst, micros, scale)
}

// appendDateTime2 reads a packed number of 40 bits and a fraction.
func appendDateTime2(dst, raw []byte, scale int) ([]byte, error) {
	v := bigEndian(raw[:5])
	const offset = 1 << 39
	if v < offset {
		return nil, errTemporal
	}
	v -= offset
	date, clock := v>>17, v&(1<<17-1)
	month := date >> 5
	dst = appendDate(dst, month/13, month%13, date&31)
	dst = append(dst, ' ')
	dst = appendClock(dst, clock>>12, clock>>6&63, clock&63)
	return appendFraction(dst, fraction(raw[5:]), scale), nil
}

// fraction reads the big-endian fraction of one, two or three bytes: hundredths,
// ten-thousandths, or microseconds.
func fraction(raw []byte) uint64 { return scaleFraction(bigEndian(raw), len(raw)) }

func scaleFraction(v uint64, size int) uint64 {
	switch size {
	case 1:
		return v * 10000
	case 2:
		return v * 100
	}
	return v
}

func appendDate(dst []byte, year, month, day uint64) []byte {
	dst = appendPadded(dst, year, 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, month, 2)
	dst = append(dst, '-')
	return appendPadded(dst, day, 2)
}

func appendClock(dst []byte, hour, minute, second uint64) []byte {
	dst = appendPadded(dst, hour, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, minute, 2)
	dst = append(dst, ':')
	return appendPadded(dst, second, 2)
}

// appendFraction appends the first scale digits of six.
func appendFraction(dst []byte, micros uint64, scale int) []byte {
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	start := len(dst)
	dst = appendPadded(dst, micros%1000000, 6)
	return dst[:start+scale]
}

// appendPadded appends v with zeros in front, in at least width digits.
func appendPadded(dst []byte, v uint64, width int) []byte {
	if width == 2 && v < 100 {
		return append(dst, '0'+byte(v/10), '0'+byte(v%10))
	}
	var digits [20]byte
	i := len(digits)
	for ; v > 0 || len(digits)-i < width; v /= 10 {
		i--
		digits[i] = '0' + byte(v%10)
	}
	return append(dst, digits[i:]...)
}
