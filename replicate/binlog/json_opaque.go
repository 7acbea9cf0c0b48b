package binlog

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"

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

func (d *jsonDecoder) opaqueDecimal(v []byte) (string, error) {
	if len(v) < 3 {
		return "", errJSON
	}
	precision, scale := int(v[0]), int(v[1])
	if scale > precision || precision > maxDecimalDigits || len(v)-2 != decimalSize(precision, scale) {
		return "", errJSON
	}
	start := len(d.text)
	text, err := appendDecimal(d.text, v[2:], precision, scale)
	if err != nil {
		return "", err
	}
	d.text = text
	return fmt.Sprintf("CAST('%s' AS DECIMAL(%d,%d))", text[start:], precision, scale), nil
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
	expr := "CAST('" + string(d.text[start:]) + "' AS " + cast + ")"
	d.text = append(d.text, '"')
	return expr, nil
}

// opaqueBytes handles binary strings.
func (d *jsonDecoder) opaqueBytes(typ byte, v []byte) (string, error) {
	d.text = append(d.text, `"base64:type`...)
	d.text = strconv.AppendUint(d.text, uint64(typ), 10)
	d.text = append(d.text, ':')
	d.text = base64.StdEncoding.AppendEncode(d.text, v)
	d.text = append(d.text, '"')
	return "x'" + hex.EncodeToString(v) + "'", nil
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
