package binlog

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"math"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"tandem/internal/schema"
)

// What follows builds a binlog without a server, for tests of what no server
// can be brought to write, for fuzzing, and for benchmarks.

// madeStream is a binlog under construction.
type madeStream struct {
	events [][]byte
	pos    uint32
	gno    int64
}

func (m *madeStream) add(kind replication.EventType, body []byte) {
	size := uint32(headerSize + len(body) + checksumSize)
	m.pos += size
	e := make([]byte, 0, size)
	e = binary.LittleEndian.AppendUint32(e, 1700000000)
	e = append(e, byte(kind))
	e = binary.LittleEndian.AppendUint32(e, 1)
	e = binary.LittleEndian.AppendUint32(e, size)
	e = binary.LittleEndian.AppendUint32(e, m.pos)
	e = binary.LittleEndian.AppendUint16(e, 0)
	e = append(e, body...)
	m.events = append(m.events, binary.LittleEndian.AppendUint32(e, crc32.ChecksumIEEE(e)))
}

func (m *madeStream) start() {
	body := binary.LittleEndian.AppendUint64(nil, 4)
	m.add(replication.ROTATE_EVENT, append(body, "binlog.000001"...))
	m.pos = 4
	fde := make([]byte, 2+50+4)
	fde[0] = 4
	copy(fde[2:], "9.7.4")
	fde = append(fde, headerSize)
	lengths := make([]byte, 42)
	lengths[replication.TABLE_MAP_EVENT-1] = 8
	fde = append(fde, lengths...)
	m.add(replication.FORMAT_DESCRIPTION_EVENT, append(fde, 1))
}

func (m *madeStream) gtid() {
	m.gno++
	body := make([]byte, 1+16, 64)
	body[1] = 0xaa
	body = binary.LittleEndian.AppendUint64(body, uint64(m.gno))
	body = append(body, 2)
	body = binary.LittleEndian.AppendUint64(body, uint64(m.gno-1))
	body = binary.LittleEndian.AppendUint64(body, uint64(m.gno))
	m.add(replication.GTID_EVENT, body)
}

func (m *madeStream) query(database, sql string) {
	body := make([]byte, 8, 64)
	body = append(body, byte(len(database)), 0, 0, 0, 0)
	body = append(append(body, database...), 0)
	m.add(replication.QUERY_EVENT, append(body, sql...))
}

func (m *madeStream) xid() { m.add(replication.XID_EVENT, make([]byte, 8)) }

func (m *madeStream) tableMap(id uint64, n schema.Name, types, meta []byte) {
	body := binary.LittleEndian.AppendUint64(nil, id)[:6]
	body = append(body, 1, 0, byte(len(n.Schema)))
	body = append(append(body, n.Schema...), 0, byte(len(n.Table)))
	body = append(append(body, n.Table...), 0, byte(len(types)))
	body = append(append(append(body, types...), byte(len(meta))), meta...)
	m.add(replication.TABLE_MAP_EVENT, append(body, make([]byte, (len(types)+7)/8)...))
}

func (m *madeStream) rows(kind replication.EventType, id uint64, flags uint16, columns int, rows []byte) {
	body := binary.LittleEndian.AppendUint64(nil, id)[:6]
	body = binary.LittleEndian.AppendUint16(body, flags)
	body = append(body, 2, 0, byte(columns))
	for range 1 + b2i(kind == replication.UPDATE_ROWS_EVENTv2) {
		for range (columns + 7) / 8 {
			body = append(body, 0xff)
		}
	}
	m.add(kind, append(body, rows...))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// madeTables is the fixed set of tables of a made stream.
type madeTables map[schema.Name]*schema.Table

func (m madeTables) Table(n schema.Name) (*schema.Table, bool) {
	t, ok := m[n]
	return t, ok
}

// orders is a table with the types that most tables are made of.
func orders() *schema.Table {
	return &schema.Table{
		Name: schema.Name{Schema: "shop", Table: "orders"},
		Columns: []schema.Column{
			{Name: "id", Kind: schema.Int, Width: 8},
			{Name: "customer", Kind: schema.Int, Width: 4, Unsigned: true},
			{Name: "state", Kind: schema.Enum},
			{Name: "note", Kind: schema.Text},
			{Name: "price", Kind: schema.Decimal, Scale: 2},
			{Name: "weight", Kind: schema.Double},
			{Name: "created", Kind: schema.DateTime, Scale: 6},
			{Name: "doc", Kind: schema.JSON},
			{Name: "hash", Kind: schema.Binary, Width: 16},
			{Name: "changed", Kind: schema.Timestamp},
			{Name: "day", Kind: schema.Date},
			{Name: "took", Kind: schema.Time, Scale: 3},
		},
	}
}

var ordersTypes = []byte{mysql.MYSQL_TYPE_LONGLONG, mysql.MYSQL_TYPE_LONG, mysql.MYSQL_TYPE_STRING, mysql.MYSQL_TYPE_VARCHAR,
	mysql.MYSQL_TYPE_NEWDECIMAL, mysql.MYSQL_TYPE_DOUBLE, mysql.MYSQL_TYPE_DATETIME2, mysql.MYSQL_TYPE_JSON,
	mysql.MYSQL_TYPE_STRING, mysql.MYSQL_TYPE_TIMESTAMP2, mysql.MYSQL_TYPE_DATE, mysql.MYSQL_TYPE_TIME2}

var ordersMeta = []byte{mysql.MYSQL_TYPE_ENUM, 1, 200, 0, 10, 2, 8, 6, 4, mysql.MYSQL_TYPE_STRING, 16, 0, 3}

// ordersRow is one image of a row of orders.
func ordersRow(id uint64) []byte {
	b := []byte{0, 0xf0}
	b = binary.LittleEndian.AppendUint64(b, id)
	b = binary.LittleEndian.AppendUint32(b, 4000000000)
	b = append(b, 3)
	note := "leave it with the neighbours, please"
	b = append(append(b, byte(len(note))), note...)
	b = append(b, 0x80, 0, 12, 34, 50)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(1.25))
	b = append(b, 0x99, 0xb2, 0xba, 0xc8, 0xb7, 0, 0, 7)
	doc := []byte{jsonSmallObject, 1, 0, 14, 0, 11, 0, 1, 0, jsonInt16, 42, 0, 'a', 0, 0}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(doc)))
	b = append(b, doc...)
	b = append(b, 3, 1, 2, 3)
	b = append(b, 0x65, 0x54, 0x3e, 0x80)
	b = append(b, 0x5d, 0xd0, 0x0f)
	return append(b, 0x80, 0xc8, 0xb7, 0x03, 0xe8)
}

// madeOrders is transactions of n updated and n inserted rows each.
func madeOrders(transactions, n int) *madeStream {
	m := &madeStream{}
	m.start()
	for i := range transactions {
		m.gtid()
		m.query("shop", "BEGIN")
		var updated, inserted []byte
		for j := range n {
			id := uint64(i*n + j)
			updated = append(append(updated, ordersRow(id)...), ordersRow(id)...)
			inserted = append(inserted, ordersRow(id)...)
		}
		m.tableMap(108, orders().Name, ordersTypes, ordersMeta)
		m.rows(replication.UPDATE_ROWS_EVENTv2, 108, 1, len(ordersTypes), updated)
		m.tableMap(108, orders().Name, ordersTypes, ordersMeta)
		m.rows(replication.WRITE_ROWS_EVENTv2, 108, 1, len(ordersTypes), inserted)
		m.xid()
	}
	return m
}

// reader returns a reader of the stream that knows these tables.
func (m *madeStream) reader(tables ...*schema.Table) *Reader {
	known := madeTables{}
	for _, t := range tables {
		known[t.Name] = t
	}
	cfg := Config{
		Tables:     known,
		Replicated: func(n schema.Name) bool { return n.Schema == "shop" },
	}
	r := newReader(cfg.withDefaults(), server{name: "made"})
	m.feed(r)
	return r
}

// feed puts all events into the reader's queue, many to a slab, as the receiver
// does.
func (m *madeStream) feed(r *Reader) {
	var s *slab
	used := 0
	for _, e := range m.events {
		if s == nil || len(s.buf)-used < len(e) {
			if s != nil {
				s.release()
			}
			s, used = r.frames.payload.pool.get(len(e)), 0
		}
		n := used + copy(s.buf[used:], e)
		s.retain(1)
		r.queue.push([]entry{{slab: s, data: s.buf[used:n:n]}})
		used = n
	}
	if s != nil {
		s.release()
	}
}

// ended is a context for Next on streams that have an end.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
