package binlog

import (
	"fmt"

	"github.com/go-mysql-org/go-mysql/mysql"

	"tandem/internal/schema"
)

// plan is how the rows of one version of a table are decoded: the binlog's
// description and the table's definition, found to fit.
type plan struct {
	table   *schema.Table
	columns []columnPlan
}

// columnPlan is how one column is decoded.
type columnPlan struct {
	op       op
	unsigned bool
	// size is in bytes: of the value where it is fixed, of the length in front
	// of it where it is not; for decimals it is the precision.
	size  int
	scale int
	width int // of BINARY, which is padded to it
}

// op is a way to decode a value.
type op uint8

const (
	opInt op = iota + 1
	opFloat
	opDouble
	opDecimal
	opYear
	opDate
	opTime
	opTime2
	opDateTime
	opDateTime2
	opTimestamp
	opTimestamp2
	opUint // ENUM and SET
	opBit
	opBytes
	opPadded
	opJSON
)

// newPlan compares the binlog's description of a table with its definition. It
// returns what differs, if anything does.
func newPlan(m *tableMap, t *schema.Table) (*plan, string) {
	if len(m.columns) != len(t.Columns) {
		return nil, fmt.Sprintf("%d columns in the event, %d in the definition", len(m.columns), len(t.Columns))
	}
	p := &plan{table: t, columns: make([]columnPlan, len(m.columns))}
	for i := range m.columns {
		c, mc := &t.Columns[i], &m.columns[i]
		if m.names != nil && m.names[i] != c.Name {
			return nil, fmt.Sprintf("column %d is %s in the event, %s in the definition", i+1, m.names[i], c.Name)
		}
		if m.signed && numeric(mc.typ) && mc.typ != mysql.MYSQL_TYPE_YEAR && mc.unsigned != c.Unsigned {
			return nil, fmt.Sprintf("column %s is %s in the event, %s in the definition", c.Name, sign(mc.unsigned), sign(c.Unsigned))
		}
		if m.members != nil && c.Members != nil && m.members[i] != len(c.Members) {
			return nil, fmt.Sprintf("column %s has %d members in the event, %d in the definition", c.Name, m.members[i], len(c.Members))
		}
		cp, ok := fit(mc, c)
		if !ok {
			return nil, fmt.Sprintf("column %s is of type %s (%d) in the event, %s in the definition",
				c.Name, typeName(mc.typ), mc.meta, c.Type)
		}
		p.columns[i] = cp
	}
	return p, ""
}

func sign(unsigned bool) string {
	if unsigned {
		return "unsigned"
	}
	return "signed"
}

// fit finds the way to decode a column, if type and definition agree.
func fit(m *mapColumn, c *schema.Column) (columnPlan, bool) {
	meta := int(m.meta)
	switch m.typ {
	case mysql.MYSQL_TYPE_TINY:
		return fitInt(c, 1)
	case mysql.MYSQL_TYPE_SHORT:
		return fitInt(c, 2)
	case mysql.MYSQL_TYPE_INT24:
		return fitInt(c, 3)
	case mysql.MYSQL_TYPE_LONG:
		return fitInt(c, 4)
	case mysql.MYSQL_TYPE_LONGLONG:
		return fitInt(c, 8)
	case mysql.MYSQL_TYPE_FLOAT:
		return columnPlan{op: opFloat, size: 4}, c.Kind == schema.Float && meta == 4
	case mysql.MYSQL_TYPE_DOUBLE:
		return columnPlan{op: opDouble, size: 8}, c.Kind == schema.Double && meta == 8
	case mysql.MYSQL_TYPE_NEWDECIMAL:
		precision, scale := meta>>8, meta&0xff
		return columnPlan{op: opDecimal, size: precision, scale: scale},
			c.Kind == schema.Decimal && c.Scale == scale && scale <= precision && precision <= maxDecimalDigits
	case mysql.MYSQL_TYPE_YEAR:
		return columnPlan{op: opYear, size: 1}, c.Kind == schema.Year
	case mysql.MYSQL_TYPE_DATE, mysql.MYSQL_TYPE_NEWDATE:
		return columnPlan{op: opDate, size: 3}, c.Kind == schema.Date
	case mysql.MYSQL_TYPE_TIME:
		return columnPlan{op: opTime, size: 3}, c.Kind == schema.Time && c.Scale == 0
	case mysql.MYSQL_TYPE_TIME2:
		return fractional(opTime2, 3, c, schema.Time, meta)
	case mysql.MYSQL_TYPE_DATETIME:
		return columnPlan{op: opDateTime, size: 8}, c.Kind == schema.DateTime && c.Scale == 0
	case mysql.MYSQL_TYPE_DATETIME2:
		return fractional(opDateTime2, 5, c, schema.DateTime, meta)
	case mysql.MYSQL_TYPE_TIMESTAMP:
		return columnPlan{op: opTimestamp, size: 4}, c.Kind == schema.Timestamp && c.Scale == 0
	case mysql.MYSQL_TYPE_TIMESTAMP2:
		return fractional(opTimestamp2, 4, c, schema.Timestamp, meta)
	case mysql.MYSQL_TYPE_ENUM:
		return columnPlan{op: opUint, size: meta}, c.Kind == schema.Enum && (meta == 1 || meta == 2)
	case mysql.MYSQL_TYPE_SET:
		return columnPlan{op: opUint, size: meta}, c.Kind == schema.Set && meta >= 1 && meta <= 8
	case mysql.MYSQL_TYPE_BIT:
		bits := meta>>8*8 + meta&0xff
		return columnPlan{op: opBit, size: (bits + 7) / 8}, c.Kind == schema.Bit && c.Width == bits && bits <= 64
	}
	return fitBytes(m.typ, meta, c)
}

func fitInt(c *schema.Column, size int) (columnPlan, bool) {
	return columnPlan{op: opInt, size: size, unsigned: c.Unsigned}, c.Kind == schema.Int && c.Width == size
}

func fractional(o op, size int, c *schema.Column, k schema.Kind, scale int) (columnPlan, bool) {
	return columnPlan{op: o, size: size + (scale+1)/2, scale: scale}, c.Kind == k && c.Scale == scale && scale <= 6
}

// fitBytes is fit for values that carry their length.
func fitBytes(typ byte, meta int, c *schema.Column) (columnPlan, bool) {
	lengthSize := 1
	if meta > 255 {
		lengthSize = 2
	}
	blobOK := meta >= 1 && meta <= 4
	switch typ {
	case mysql.MYSQL_TYPE_STRING:
		if c.Kind == schema.Binary {
			return columnPlan{op: opPadded, size: lengthSize, width: c.Width}, c.Width == meta
		}
		return columnPlan{op: opBytes, size: lengthSize}, c.Kind == schema.Char
	case mysql.MYSQL_TYPE_VARCHAR, mysql.MYSQL_TYPE_VAR_STRING:
		return columnPlan{op: opBytes, size: lengthSize}, c.Kind == schema.Text || c.Kind == schema.Bytes
	case mysql.MYSQL_TYPE_BLOB:
		return columnPlan{op: opBytes, size: meta}, blobOK && (c.Kind == schema.Text || c.Kind == schema.Bytes)
	case mysql.MYSQL_TYPE_GEOMETRY:
		return columnPlan{op: opBytes, size: meta}, blobOK && c.Kind == schema.Geometry
	case mysql.MYSQL_TYPE_VECTOR:
		return columnPlan{op: opBytes, size: meta}, blobOK && c.Kind == schema.Vector
	case mysql.MYSQL_TYPE_JSON:
		return columnPlan{op: opJSON, size: meta}, blobOK && c.Kind == schema.JSON
	}
	return columnPlan{}, false
}

// typeName names a column type of the binlog.
func typeName(typ byte) string {
	switch typ {
	case mysql.MYSQL_TYPE_TINY, mysql.MYSQL_TYPE_SHORT, mysql.MYSQL_TYPE_INT24, mysql.MYSQL_TYPE_LONG, mysql.MYSQL_TYPE_LONGLONG:
		return "integer"
	case mysql.MYSQL_TYPE_FLOAT:
		return "float"
	case mysql.MYSQL_TYPE_DOUBLE:
		return "double"
	case mysql.MYSQL_TYPE_NEWDECIMAL:
		return "decimal"
	case mysql.MYSQL_TYPE_YEAR:
		return "year"
	case mysql.MYSQL_TYPE_DATE, mysql.MYSQL_TYPE_NEWDATE:
		return "date"
	case mysql.MYSQL_TYPE_TIME, mysql.MYSQL_TYPE_TIME2:
		return "time"
	case mysql.MYSQL_TYPE_DATETIME, mysql.MYSQL_TYPE_DATETIME2:
		return "datetime"
	case mysql.MYSQL_TYPE_TIMESTAMP, mysql.MYSQL_TYPE_TIMESTAMP2:
		return "timestamp"
	case mysql.MYSQL_TYPE_ENUM:
		return "enum"
	case mysql.MYSQL_TYPE_SET:
		return "set"
	case mysql.MYSQL_TYPE_BIT:
		return "bit"
	case mysql.MYSQL_TYPE_STRING:
		return "char"
	case mysql.MYSQL_TYPE_VARCHAR, mysql.MYSQL_TYPE_VAR_STRING:
		return "varchar"
	case mysql.MYSQL_TYPE_BLOB:
		return "blob"
	case mysql.MYSQL_TYPE_GEOMETRY:
		return "geometry"
	case mysql.MYSQL_TYPE_VECTOR:
		return "vector"
	case mysql.MYSQL_TYPE_JSON:
		return "json"
	}
	return fmt.Sprintf("type %d", typ)
}
