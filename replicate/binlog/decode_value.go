package binlog

import (
	"errors"
	"math"
	"strconv"

	"tandem/internal/schema"
)

var errShort = errors.New("value is cut off")

// value decodes the next value of the row into its canonical form. Bytes and
// strings are not copied.
func (d *decoder) value(c *columnPlan) ([]byte, error) {
	switch c.op {
	case opBytes:
		return d.counted(c.size)
	case opPadded:
		return d.padded(c)
	case opJSON:
		v, err := d.counted(c.size)
		if err != nil {
			return nil, err
		}
		return d.batch.json.decode(&d.batch.arena, v)
	}
	size := c.size
	if c.op == opDecimal {
		size = decimalSize(c.size, c.scale)
	}
	if len(d.data) < size {
		return nil, errShort
	}
	raw := d.data[:size]
	d.data = d.data[size:]
	a := &d.batch.arena
	switch c.op {
	case opInt:
		return a.keep(appendInt(a.room(20), raw, c.unsigned)), nil
	case opFloat:
		f := math.Float32frombits(uint32(littleEndian(raw)))
		return a.keep(schema.AppendFloat(a.room(32), float64(f))), nil
	case opDouble:
		f := math.Float64frombits(littleEndian(raw))
		return a.keep(schema.AppendFloat(a.room(32), f)), nil
	case opUint:
		return a.keep(strconv.AppendUint(a.room(20), littleEndian(raw), 10)), nil
	case opBit:
		return a.keep(strconv.AppendUint(a.room(20), bigEndian(raw), 10)), nil
	case opDecimal:
		v, err := appendDecimal(a.room(maxDecimalText), raw, c.size, c.scale)
		if err != nil {
			return nil, err
		}
		return a.keep(v), nil
	}
	v, err := appendTemporal(a.room(maxTemporalText), c, raw)
	if err != nil {
		return nil, err
	}
	return a.keep(v), nil
}

// counted takes a byte string behind a length of n bytes.
func (d *decoder) counted(n int) ([]byte, error) {
	if len(d.data) < n {
		return nil, errShort
	}
	length := littleEndian(d.data[:n])
	rest := d.data[n:]
	if uint64(len(rest)) < length {
		return nil, errShort
	}
	d.data = rest[length:]
	return rest[:length:length], nil
}

// padded gives a BINARY value its zero bytes back, which are not in the binlog.
func (d *decoder) padded(c *columnPlan) ([]byte, error) {
	v, err := d.counted(c.size)
	switch {
	case err != nil:
		return nil, err
	case len(v) > c.width:
		return nil, errors.New("value is longer than its column")
	case len(v) == c.width:
		return v, nil
	}
	buf := append(d.batch.arena.room(c.width), v...)
	for len(buf) < c.width {
		buf = append(buf, 0)
	}
	return d.batch.arena.keep(buf), nil
}

// appendInt appends a little-endian integer of 1, 2, 3, 4 or 8 bytes.
func appendInt(dst, raw []byte, unsigned bool) []byte {
	u := littleEndian(raw)
	if unsigned {
		return strconv.AppendUint(dst, u, 10)
	}
	shift := 64 - 8*len(raw)
	return strconv.AppendInt(dst, int64(u<<shift)>>shift, 10)
}
