package binlog

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"testing"

	"tandem/internal/schema"
)

// FuzzStream changes events of a stream at will, with checksums that fit:
// whatever arrives, reading ends with an error and never with a panic.
func FuzzStream(f *testing.F) {
	m := madeOrders(2, 2)
	f.Add(bytes.Join(m.events, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		made := &madeStream{}
		for len(data) >= headerSize+checksumSize && len(made.events) < 1000 {
			size := int(binary.LittleEndian.Uint32(data[9:]))
			if size < headerSize+checksumSize || size > len(data) {
				size = len(data)
			}
			e := bytes.Clone(data[:size])
			data = data[size:]
			binary.LittleEndian.PutUint32(e[9:], uint32(size))
			body := len(e) - checksumSize
			binary.LittleEndian.PutUint32(e[body:], crc32.ChecksumIEEE(e[:body]))
			made.events = append(made.events, e)
		}
		if err := readAll(made.reader(orders())); err == nil {
			t.Fatal("no error at the end")
		}
	})
}

// FuzzRow decodes images of a table with every kind of column.
func FuzzRow(f *testing.F) {
	f.Add(ordersRow(1))
	table := orders()
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &plan{table: table}
		k := &knownMap{body: (&madeStream{}).ordersMap()}
		p, _, err := k.planFor(table)
		if err != nil || p == nil {
			t.Fatal(err)
		}
		b := newBatchPool().Get().(*batch)
		d := decoder{plan: p, data: data, batch: b}
		for len(d.data) > 0 {
			row, err := d.image()
			if err != nil {
				break
			}
			for i := range row {
				schema.AppendLiteral(nil, &table.Columns[i], row[i])
			}
		}
		b.recycle()
	})
}

// ordersMap is the body of the table map of orders.
func (m *madeStream) ordersMap() []byte {
	m.tableMap(108, orders().Name, ordersTypes, ordersMeta)
	e := m.events[len(m.events)-1]
	return e[headerSize : len(e)-checksumSize]
}

// FuzzJSON decodes documents; what is decoded is JSON.
func FuzzJSON(f *testing.F) {
	f.Add([]byte{jsonSmallObject, 1, 0, 14, 0, 11, 0, 1, 0, jsonInt16, 42, 0, 'a', 0, 0})
	f.Add([]byte{jsonString, 3, 'a', '"', 1})
	f.Add([]byte{jsonLargeArray, 1, 0, 0, 0, 13, 0, 0, 0, jsonInt32, 1, 0, 0, 0})
	f.Add(append([]byte{jsonOpaque, 246, 4, 3, 2, 0x81}, 50))
	f.Add([]byte{jsonOpaque, 12, 8, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, doc []byte) {
		var d jsonDecoder
		var a arena
		v, err := d.decode(&a, doc)
		if err != nil {
			return
		}
		text := schema.ParseTypedJSON(v).Text
		if !json.Valid(bytes.ToValidUTF8(text, []byte("?"))) {
			t.Errorf("%x is %q", doc, text)
		}
	})
}

// FuzzTableMap reads table maps with metadata.
func FuzzTableMap(f *testing.F) {
	f.Add((&madeStream{}).ordersMap())
	f.Fuzz(func(t *testing.T, body []byte) {
		if m, err := parseTableMap(body); err == nil {
			newPlan(m, orders())
		}
	})
}

// FuzzStatement judges any text in any session.
func FuzzStatement(f *testing.F) {
	f.Add("ALTER TABLE a RENAME TO b /*! x */", uint64(modeANSIQuotes))
	f.Add("CREATE DEFINER=`a`@b TABLE", uint64(0))
	f.Fuzz(func(t *testing.T, sql string, mode uint64) {
		q := &queryEvent{schema: []byte("shop"), sql: []byte(sql)}
		q.vars.sqlMode = mode
		v := shopJudge().statement(q, 0)
		if (v.skip != "") == (v.refuse != nil || v.deliver != nil) {
			t.Errorf("verdict %+v", v)
		}
	})
}

// FuzzQuery reads query events.
func FuzzQuery(f *testing.F) {
	m := &madeStream{}
	m.query("shop", "BEGIN")
	f.Add(m.events[0][headerSize:])
	f.Fuzz(func(t *testing.T, body []byte) {
		if q, err := parseQuery(event{body: body}); err == nil {
			q.statement(0)
		}
	})
}

// FuzzPayload unpacks compressed transactions.
func FuzzPayload(f *testing.F) {
	f.Add([]byte{1, 1, 20, 2, 1, 0, 0, 0x28, 0xb5, 0x2f, 0xfd})
	f.Add(append([]byte{2, 1, 0xff, 0}, bytes.Join(madeOrders(1, 1).events, nil)...))
	f.Fuzz(func(t *testing.T, body []byte) {
		p := payload{pool: newSlabPool(4)}
		s := p.pool.get(len(body))
		if err := p.open(event{body: body, slab: s}); err != nil {
			return
		}
		for total := 0; total < 1<<22; {
			e, err := p.next()
			if err != nil {
				break
			}
			total += e.size
			e.slab.release()
		}
		p.free()
	})
}
