package binlog

import (
	"errors"
	"math"
	"strconv"

	"tandem/internal/schema"
)

// The types of MySQL's binary JSON.
const (
	jsonSmallObject = iota
	jsonLargeObject
	jsonSmallArray
	jsonLargeArray
	jsonLiteral
	jsonInt16
	jsonUint16
	jsonInt32
	jsonUint32
	jsonInt64
	jsonUint64
	jsonDouble
	jsonString
	jsonOpaque = 0x0f
)

// jsonMaxDepth is above what any server accepts (100), jsonMaxGrowth above what
// the text of a value can be longer than its binary form.
const (
	jsonMaxDepth  = 128
	jsonMaxGrowth = 32
)

var errJSON = errors.New("malformed json document")

// jsonDecoder turns binary JSON into the text that the server would print, and
// notes the values whose type the text does not show.
type jsonDecoder struct {
	text   []byte
	path   []jsonLeg
	leaves []schema.TypedLeaf
	limit  int // of the text: corrupt documents can point into themselves
}

// jsonLeg is one step of the way to a value: into an object (by key) or into
// an array (key is nil).
type jsonLeg struct {
	key   []byte
	index int
}

func (d *jsonDecoder) reset() {
	if cap(d.text) > arenaKeep {
		d.text = nil
	}
	clear(d.path[:cap(d.path)])
	clear(d.leaves[:cap(d.leaves)])
	d.path, d.leaves = d.path[:0], d.leaves[:0]
}

// decode returns the canonical value of a document. A document of no bytes is
// what INSERT IGNORE leaves in a column that can not be NULL: servers read it
// as the JSON null.
func (d *jsonDecoder) decode(a *arena, doc []byte) ([]byte, error) {
	if len(doc) == 0 {
		return a.copy([]byte("null")), nil
	}
	d.text, d.path, d.leaves = d.text[:0], d.path[:0], d.leaves[:0]
	d.limit = jsonMaxGrowth*len(doc) + 1024
	if err := d.value(doc[0], doc[1:]); err != nil {
		return nil, err
	}
	if len(d.leaves) == 0 {
		return a.copy(d.text), nil
	}
	return a.copy(schema.AppendTypedJSON(nil, schema.TypedJSON{Text: d.text, Leaves: d.leaves})), nil
}

func (d *jsonDecoder) value(typ byte, b []byte) error {
	switch typ {
	case jsonSmallObject, jsonLargeObject:
		return d.container(b, true, typ == jsonLargeObject)
	case jsonSmallArray, jsonLargeArray:
		return d.container(b, false, typ == jsonLargeArray)
	case jsonString:
		s, ok := jsonBytes(b)
		if !ok {
			return errJSON
		}
		d.text = appendJSONString(d.text, s)
		return nil
	case jsonOpaque:
		if len(b) < 1 {
			return errJSON
		}
		v, ok := jsonBytes(b[1:])
		if !ok {
			return errJSON
		}
		return d.opaque(b[0], v)
	}
	return d.scalar(typ, b)
}

func (d *jsonDecoder) scalar(typ byte, b []byte) error {
	c := cursor{b: b}
	switch typ {
	case jsonLiteral:
		switch c.u8() {
		case 0:
			d.text = append(d.text, "null"...)
		case 1:
			d.text = append(d.text, "true"...)
		case 2:
			d.text = append(d.text, "false"...)
		default:
			return errJSON
		}
	case jsonInt16:
		d.signed(int64(int16(c.u16())))
	case jsonUint16:
		d.unsigned(uint64(c.u16()))
	case jsonInt32:
		d.signed(int64(int32(c.u32())))
	case jsonUint32:
		d.unsigned(uint64(c.u32()))
	case jsonInt64:
		d.signed(int64(c.u64()))
	case jsonUint64:
		d.unsigned(c.u64())
	case jsonDouble:
		f := math.Float64frombits(c.u64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return errJSON
		}
		d.text = appendJSONDouble(d.text, f)
	default:
		return errJSON
	}
	if c.bad {
		return errJSON
	}
	return nil
}

// signed and unsigned write an integer. A server that reads a document's text
// takes a number above 32 bits for unsigned, any other for signed: integers that
// are kept otherwise need an expression.
func (d *jsonDecoder) signed(n int64) {
	d.text = strconv.AppendInt(d.text, n, 10)
	if n > math.MaxUint32 {
		d.leaves = append(d.leaves, schema.TypedLeaf{Path: d.pathText(), Expr: "CAST(" + strconv.FormatInt(n, 10) + " AS SIGNED)"})
	}
}

func (d *jsonDecoder) unsigned(n uint64) {
	d.text = strconv.AppendUint(d.text, n, 10)
	if n <= math.MaxUint32 {
		d.leaves = append(d.leaves, schema.TypedLeaf{Path: d.pathText(), Expr: "CAST(" + strconv.FormatUint(n, 10) + " AS UNSIGNED)"})
	}
}

// container decodes an object or an array: count, size, an entry for each key
// (offset, length), an entry for each value (type, offset or the value itself),
// then what the offsets point to. Large ones have offsets of four bytes.
func (d *jsonDecoder) container(b []byte, object, large bool) error {
	offsetSize := 2
	if large {
		offsetSize = 4
	}
	c := cursor{b: b}
	count, size := c.uint(offsetSize), c.uint(offsetSize)
	keySize, valueSize := 0, 1+offsetSize
	if object {
		keySize = offsetSize + 2
	}
	if c.bad || size > uint64(len(b)) || count*uint64(keySize+valueSize)+uint64(2*offsetSize) > size {
		return errJSON
	}
	if len(d.path) >= jsonMaxDepth || len(d.text) > d.limit {
		return errJSON
	}
	b = b[:size]
	keys := cursor{b: b[2*offsetSize:]}
	values := cursor{b: b[2*offsetSize+int(count)*keySize:]}
	d.path = append(d.path, jsonLeg{})
	d.open(object)
	for i := range int(count) {
		if i > 0 {
			d.text = append(d.text, ", "...)
		}
		leg := &d.path[len(d.path)-1]
		leg.index = i
		if object {
			key, ok := window(b, keys.uint(offsetSize), uint64(keys.u16()))
			if !ok {
				return errJSON
			}
			leg.key = key
			d.text = append(appendJSONString(d.text, key), ": "...)
		}
		typ := values.u8()
		entry := values.take(offsetSize)
		if values.bad {
			return errJSON
		}
		value := entry
		if !jsonInline(typ, large) {
			offset := littleEndian(entry)
			if offset >= uint64(len(b)) {
				return errJSON
			}
			value = b[offset:]
		}
		if err := d.value(typ, value); err != nil {
			return err
		}
	}
	d.close(object)
	d.path = d.path[:len(d.path)-1]
	return nil
}

func (d *jsonDecoder) open(object bool) {
	if object {
		d.text = append(d.text, '{')
		return
	}
	d.text = append(d.text, '[')
}

func (d *jsonDecoder) close(object bool) {
	if object {
		d.text = append(d.text, '}')
		return
	}
	d.text = append(d.text, ']')
}

// jsonInline tells whether a value of this type stands in its entry.
func jsonInline(typ byte, large bool) bool {
	switch typ {
	case jsonLiteral, jsonInt16, jsonUint16:
		return true
	case jsonInt32, jsonUint32:
		return large
	}
	return false
}

// window returns b[offset:offset+size]. It is never nil: a key of no bytes is
// a key.
func window(b []byte, offset, size uint64) ([]byte, bool) {
	if offset > uint64(len(b)) || size > uint64(len(b))-offset {
		return nil, false
	}
	return b[offset : offset+size : offset+size], true
}

// jsonBytes reads a byte string behind its length, which has seven bits to a
// byte.
func jsonBytes(b []byte) ([]byte, bool) {
	var n uint64
	for i := 0; i < len(b) && i < 5; i++ {
		n |= uint64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return window(b, uint64(i+1), n)
		}
	}
	return nil, false
}
