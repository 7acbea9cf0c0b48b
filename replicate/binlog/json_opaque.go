package binlog

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"

	"tandem/internal/schema"
)

// opaque decodes a value that JSON has no notation for. Its text is what the
// server prints; that it is not the number or string it looks like is noted as
// a leaf, with an expression that makes it again.
func (d *jsonDecoder) opaque(typ byte, v []byte) error {
	start := len(d.text)
	var expr string
	var err error
	switch typ {
	case mysql.MYSQL_TYPE_NEWDECIMAL:
		expr, err = d.opaqueDecimal(v)
	case mysql.MYSQL_TYPE_DATE, mysql.MYSQL_TYPE_DATETIME, mysql.MYSQL_TYPE_TIMESTAMP, mysql.MYSQL_TYPE_TIME:
		expr, err = d.opaqueTemporal(typ, v)
	default:
		expr, err = d.opaqueBytes(typ, v)
	}
	if err != nil {
		d.text = d.text[:start]
		return err
	}
	d.leaves = append(d.leaves, schema.TypedLeaf{Path: d.pathText(), Expr: expr})
	return nil
}

// maxStoredDigits is the largest precision that a DECIMAL in a document has:
// the server rounds it up to whole groups of nine digits.
const maxStoredDigits = 81

// opaqueDecimal reads a DECIMAL behind its precision and scale. The precision
// says how the number was computed, not what it is, and is left out: numbers
// that are equal and have the same scale look the same.
func (d *jsonDecoder) opaqueDecimal(v []byte) (string, error) {
	if len(v) < 3 {
		return "", errJSON
	}
	precision, scale := int(v[0]), int(v[1])
	if scale > precision || precision > maxStoredDigits || len(v)-2 != decimalSize(precision, scale) {
		return "", errJSON
	}
	start := len(d.text)
	text, err := appendDecimal(d.text, v[2:], precision, scale)
	if err != nil {
		return "", err
	}
	d.text = text
	number := string(text[start:])
	digits := max(len(strings.TrimLeft(strings.Replace(number, ".", "", 1), "-0")), scale, 1)
	if digits > maxDecimalDigits {
		return "", fmt.Errorf("a DECIMAL of %d digits in a json document can not be written again", digits)
	}
	return fmt.Sprintf("CAST('%s' AS DECIMAL(%d,%d))", number, digits, scale), nil
}

// opaqueTemporal reads the packed form in which the server computes with dates:
// the fields in the upper 40 bits, microseconds in the lower 24.
func (d *jsonDecoder) opaqueTemporal(typ byte, v []byte) (string, error) {
	if len(v) != 8 {
		return "", errJSON
	}
	n := int64(littleEndian(v))
	d.text = append(d.text, '"')
	start := len(d.text)
	if n < 0 {
		d.text, n = append(d.text, '-'), -n
	}
	u := uint64(n)
	micros, fields := u&(1<<24-1), u>>24
	hms := fields & (1<<17 - 1)
	if micros > 999999 {
		return "", errTemporal
	}
	cast := "TIME(6)"
	if typ != mysql.MYSQL_TYPE_TIME {
		date := fields >> 17
		d.text = appendDate(d.text, date>>5/13, date>>5%13, date&31)
		cast = "DATE"
	}
	if typ == mysql.MYSQL_TYPE_DATETIME || typ == mysql.MYSQL_TYPE_TIMESTAMP {
		d.text = append(d.text, ' ')
		cast = "DATETIME(6)"
	}
	switch typ {
	case mysql.MYSQL_TYPE_TIME:
		d.text = appendClock(d.text, fields>>12&0x3ff, fields>>6&63, fields&63)
		d.text = appendFraction(d.text, micros, 6)
	case mysql.MYSQL_TYPE_DATETIME, mysql.MYSQL_TYPE_TIMESTAMP:
		d.text = appendClock(d.text, hms>>12, hms>>6&63, hms&63)
		d.text = appendFraction(d.text, micros, 6)
	}
	literal := "'" + string(d.text[start:]) + "'"
	d.text = append(d.text, '"')
	if typ == mysql.MYSQL_TYPE_TIMESTAMP {
		return asColumn("_utf8mb4"+literal, "TIMESTAMP(6)"), nil
	}
	return "CAST(" + literal + " AS " + cast + ")", nil
}

// opaqueBytes handles binary strings, which remember the type of the column
// that they came from.
func (d *jsonDecoder) opaqueBytes(typ byte, v []byte) (string, error) {
	d.text = append(d.text, `"base64:type`...)
	d.text = strconv.AppendUint(d.text, uint64(typ), 10)
	d.text = append(d.text, ':')
	d.text = append(appendBase64(d.text, v), '"')
	literal := "x'" + hex.EncodeToString(v) + "'"
	switch typ {
	case mysql.MYSQL_TYPE_VARCHAR:
		return literal, nil // what a binary literal is anyway
	case mysql.MYSQL_TYPE_STRING:
		return asColumn(literal, "BINARY("+strconv.Itoa(len(v))+")"), nil
	case mysql.MYSQL_TYPE_TINY_BLOB:
		return asColumn(literal, "TINYBLOB"), nil
	case mysql.MYSQL_TYPE_BLOB:
		return asColumn(literal, "BLOB"), nil
	case mysql.MYSQL_TYPE_MEDIUM_BLOB:
		return asColumn(literal, "MEDIUMBLOB"), nil
	case mysql.MYSQL_TYPE_LONG_BLOB:
		return asColumn(literal, "LONGBLOB"), nil
	case mysql.MYSQL_TYPE_BIT:
		if len(v) > 0 && len(v) <= 8 {
			return asColumn(strconv.FormatUint(bigEndian(v), 10), "BIT("+strconv.Itoa(8*len(v))+")"), nil
		}
	}
	return "", fmt.Errorf("a json document holds a value of type %d, which no SQL expression makes", typ)
}

// appendBase64 breaks lines after 76 characters, as the server does.
func appendBase64(dst, v []byte) []byte {
	const line = 76 / 4 * 3
	for len(v) > line {
		dst = base64.StdEncoding.AppendEncode(dst, v[:line])
		dst = append(dst, `\n`...)
		v = v[line:]
	}
	return base64.StdEncoding.AppendEncode(dst, v)
}

// asColumn makes a value of a column's type, for which there is no cast.
func asColumn(value, typ string) string {
	// A subquery's value would be of a type of its own if it were not JSON.
	return "(SELECT JSON_EXTRACT(JSON_ARRAY(c),_utf8mb4'$[0]') FROM JSON_TABLE(JSON_ARRAY(" + value + "),_utf8mb4'$[*]' COLUMNS(c " + typ + " PATH _utf8mb4'$' ERROR ON ERROR)) t)"
}

// pathText writes the way to the current value as a MySQL JSON path.
func (d *jsonDecoder) pathText() string {
	p := []byte{'$'}
	for _, leg := range d.path {
		if leg.key != nil {
			p = append(p, '.')
			p = appendJSONString(p, leg.key)
			continue
		}
		p = append(p, '[')
		p = strconv.AppendInt(p, int64(leg.index), 10)
		p = append(p, ']')
	}
	return string(p)
}
