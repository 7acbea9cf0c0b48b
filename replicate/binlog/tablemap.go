package binlog

import (
	"errors"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"tandem/internal/schema"
)

// tableMap says which table, and which columns, the rows events behind it are
// about.
type tableMap struct {
	id      uint64
	name    schema.Name
	columns []mapColumn
	// What follows is only there if the server's binlog_row_metadata says so.
	names   []string
	members []int // number of members of each ENUM and SET column, in order
	// signed tells whether unsigned flags are known (8.0 and later).
	signed bool
}

// mapColumn is one column as the binlog describes it.
type mapColumn struct {
	typ      byte   // ENUM, SET and CHAR columns by their real type
	meta     uint16 // as the type has it
	unsigned bool
}

var errTableMap = errors.New("malformed table map event")

// parseTableID reads the number by which rows events refer to their table map.
func parseTableID(body []byte) (uint64, bool) {
	if len(body) < 8 {
		return 0, false
	}
	return littleEndian(body[:6]), true
}

// parseTableName reads a table map as far as the table's name, without copying.
func parseTableName(body []byte) (schemaName, table []byte, ok bool) {
	c := cursor{b: body}
	c.take(8)
	schemaName = c.take(int(c.u8()))
	c.take(1)
	table = c.take(int(c.u8()))
	return schemaName, table, !c.bad
}

func parseTableMap(body []byte) (*tableMap, error) {
	c := cursor{b: body}
	m := &tableMap{id: c.uint(6)}
	c.u16() // flags
	m.name.Schema = string(c.take(int(c.u8())))
	c.take(1)
	m.name.Table = string(c.take(int(c.u8())))
	c.take(1)
	n := c.lenenc()
	if n > uint64(len(c.b)) {
		return nil, errTableMap
	}
	types := c.take(int(n))
	meta := cursor{b: c.counted()}
	m.columns = make([]mapColumn, len(types))
	for i, t := range types {
		m.columns[i] = readColumn(t, &meta)
	}
	c.take((len(types) + 7) / 8) // which columns can be NULL
	if c.bad || meta.bad || len(meta.b) > 0 {
		return nil, errTableMap
	}
	for len(c.b) > 0 {
		field := c.u8()
		value := c.counted()
		if c.bad || !m.readMetadata(field, value) {
			return nil, errTableMap
		}
	}
	return m, nil
}

// readColumn reads the bytes that a type has in the map's metadata block.
func readColumn(typ byte, meta *cursor) mapColumn {
	col := mapColumn{typ: typ}
	switch typ {
	case mysql.MYSQL_TYPE_STRING:
		real, length := meta.u8(), meta.u8()
		switch {
		case real == mysql.MYSQL_TYPE_ENUM || real == mysql.MYSQL_TYPE_SET:
			col.typ, col.meta = real, uint16(length)
		case real&0x30 != 0x30:
			// Two bits of a length above 255 hide in the type.
			col.meta = uint16(length) | uint16(real&0x30^0x30)<<4
		default:
			col.meta = uint16(length)
		}
	case mysql.MYSQL_TYPE_NEWDECIMAL:
		col.meta = uint16(meta.u8())<<8 | uint16(meta.u8())
	case mysql.MYSQL_TYPE_VARCHAR, mysql.MYSQL_TYPE_VAR_STRING, mysql.MYSQL_TYPE_BIT:
		col.meta = meta.u16()
	case mysql.MYSQL_TYPE_BLOB, mysql.MYSQL_TYPE_DOUBLE, mysql.MYSQL_TYPE_FLOAT, mysql.MYSQL_TYPE_GEOMETRY,
		mysql.MYSQL_TYPE_VECTOR, mysql.MYSQL_TYPE_JSON,
		mysql.MYSQL_TYPE_TIME2, mysql.MYSQL_TYPE_DATETIME2, mysql.MYSQL_TYPE_TIMESTAMP2:
		col.meta = uint16(meta.u8())
	}
	return col
}

// readMetadata reads one optional field. Fields that are not used are let pass.
func (m *tableMap) readMetadata(field byte, value []byte) bool {
	switch field {
	case replication.TABLE_MAP_OPT_META_SIGNEDNESS:
		return m.readSignedness(value)
	case replication.TABLE_MAP_OPT_META_COLUMN_NAME:
		c := cursor{b: value}
		for len(c.b) > 0 {
			m.names = append(m.names, string(c.counted()))
		}
		return !c.bad && len(m.names) == len(m.columns)
	case replication.TABLE_MAP_OPT_META_ENUM_STR_VALUE:
		return m.readMembers(value, mysql.MYSQL_TYPE_ENUM)
	case replication.TABLE_MAP_OPT_META_SET_STR_VALUE:
		return m.readMembers(value, mysql.MYSQL_TYPE_SET)
	}
	return true
}

// readSignedness reads one bit for each numeric column.
func (m *tableMap) readSignedness(bits []byte) bool {
	m.signed = true
	n := 0
	for i := range m.columns {
		if !numeric(m.columns[i].typ) {
			continue
		}
		if n/8 >= len(bits) {
			return false
		}
		m.columns[i].unsigned = bits[n/8]&(0x80>>(n%8)) != 0
		n++
	}
	return true
}

func numeric(typ byte) bool {
	switch typ {
	case mysql.MYSQL_TYPE_TINY, mysql.MYSQL_TYPE_SHORT, mysql.MYSQL_TYPE_INT24, mysql.MYSQL_TYPE_LONG,
		mysql.MYSQL_TYPE_LONGLONG, mysql.MYSQL_TYPE_DECIMAL, mysql.MYSQL_TYPE_NEWDECIMAL,
		mysql.MYSQL_TYPE_FLOAT, mysql.MYSQL_TYPE_DOUBLE, mysql.MYSQL_TYPE_YEAR:
		return true
	}
	return false
}

// readMembers counts the members of every ENUM (or SET) column.
func (m *tableMap) readMembers(value []byte, typ byte) bool {
	if m.members == nil {
		m.members = make([]int, len(m.columns))
	}
	c := cursor{b: value}
	for i := range m.columns {
		if m.columns[i].typ != typ {
			continue
		}
		n := c.lenenc()
		for j := uint64(0); j < n && !c.bad; j++ {
			c.counted()
		}
		m.members[i] = int(n)
	}
	return !c.bad && len(c.b) == 0
}
