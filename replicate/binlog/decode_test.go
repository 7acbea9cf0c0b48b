package binlog

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/google/go-cmp/cmp"

	"tandem/internal/schema"
)

func TestMadeOrders(t *testing.T) {
	t.Parallel()
	r := madeOrders(1, 1).reader(orders())
	for {
		tx, err := r.Next(ended())
		if err != nil {
			t.Fatal(err)
		}
		if len(tx.Rows) == 0 {
			continue
		}
		want := []string{"0", "4000000000", "3", "leave it with the neighbours, please", "3106.50", "1.25e+00",
			"2024-02-29 12:34:55.000007", `{"a": 42}`, "\x01\x02\x03" + strings.Repeat("\x00", 13),
			"2023-11-15 03:44:00", "2024-02-29", "12:34:55.100"}
		for _, image := range []schema.Row{tx.Rows[0].Before, tx.Rows[0].After, tx.Rows[1].After} {
			if d := cmp.Diff(want, texts(image)); d != "" {
				t.Error(d)
			}
		}
		return
	}
}

// TestOldTemporals has the formats of servers before 5.6.4, which tables that
// were never rebuilt still have.
func TestOldTemporals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		op   op
		raw  []byte
		want string
	}{
		{opTime, le(838*10000+5959, 3), "838:59:59"},
		{opTime, le(-(12*10000 + 3456), 3), "-12:34:56"},
		{opTime, le(0, 3), "00:00:00"},
		{opDateTime, le(20240229123456, 8), "2024-02-29 12:34:56"},
		{opDateTime, le(0, 8), "0000-00-00 00:00:00"},
		{opTimestamp, le(0, 4), "0000-00-00 00:00:00"},
		{opTimestamp, le(1700000000, 4), "2023-11-14 22:13:20"},
		{opDate, le(2024<<9|2<<5|31, 3), "2024-02-31"},
	}
	for _, c := range cases {
		got, err := appendTemporal(nil, &columnPlan{op: c.op, size: len(c.raw)}, c.raw)
		if err != nil || string(got) != c.want {
			t.Errorf("%v: %s, %v, want %s", c.raw, got, err, c.want)
		}
	}
	if _, err := appendTemporal(nil, &columnPlan{op: opDateTime}, le(99999999999999999, 8)); err == nil {
		t.Error("a date beyond the calendar was accepted")
	}
}

func le(v int64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(uint64(v) >> (8 * i))
	}
	return b
}

func TestDecimalErrors(t *testing.T) {
	t.Parallel()
	for _, raw := range [][]byte{nil, {0x80}, {0xff, 0xff, 0xff, 0xff, 0xff}} {
		if v, err := appendDecimal(nil, raw, 10, 2); err == nil {
			t.Errorf("%x: %s", raw, v)
		}
	}
}

// TestPlanMismatch has definitions that rows of orders do not fit.
func TestPlanMismatch(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*schema.Table)
		want   string
	}{
		{"fewer columns", func(t *schema.Table) { t.Columns = t.Columns[1:] }, "12 columns in the event, 11 in the definition"},
		{"another type", func(t *schema.Table) { t.Columns[3].Kind = schema.Int; t.Columns[3].Type = "int" }, "column note is of type varchar (200) in the event, int in the definition"},
		{"another width", func(t *schema.Table) { t.Columns[0].Width = 4 }, "column id is of type integer"},
		{"another scale", func(t *schema.Table) { t.Columns[4].Scale = 3 }, "column price is of type decimal"},
		{"another fraction", func(t *schema.Table) { t.Columns[6].Scale = 0 }, "column created is of type datetime"},
		{"another length", func(t *schema.Table) { t.Columns[8].Width = 20 }, "column hash is of type char (16)"},
	}
	for _, c := range cases {
		table := orders()
		c.change(table)
		err := readAll(madeOrders(1, 1).reader(table))
		var m *MismatchError
		if !errors.As(err, &m) || !strings.Contains(m.Difference, c.want) || m.GTID.IsZero() || m.Table != table.Name {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// readAll reads until there is an error, which is context.Canceled at the end
// of a made stream.
func readAll(r *Reader) error {
	for {
		tx, err := r.Next(ended())
		if err != nil {
			return err
		}
		tx.Release()
	}
}

// TestMetadataMismatch has names, signs and members that differ while all
// types fit.
func TestMetadataMismatch(t *testing.T) {
	t.Parallel()
	table := &schema.Table{Columns: []schema.Column{
		{Name: "a", Kind: schema.Int, Width: 4}, {Name: "b", Kind: schema.Enum, Members: []string{"x", "y"}}}}
	base := tableMap{columns: []mapColumn{{typ: mysql.MYSQL_TYPE_LONG}, {typ: mysql.MYSQL_TYPE_ENUM, meta: 1}}}
	for want, change := range map[string]func(*tableMap){
		"":                           func(*tableMap) {},
		"column 2 is c in the event": func(m *tableMap) { m.names = []string{"a", "c"} },
		"column a is unsigned":       func(m *tableMap) { m.signed = true; m.columns[0].unsigned = true },
		"column b has 3 members":     func(m *tableMap) { m.members = []int{0, 3} },
	} {
		m := base
		m.columns = append([]mapColumn{}, base.columns...)
		change(&m)
		if _, got := newPlan(&m, table); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestStreamOrder has sequences of events that no healthy server writes.
func TestStreamOrder(t *testing.T) {
	t.Parallel()
	rows := func(m *madeStream) {
		m.tableMap(108, orders().Name, ordersTypes, ordersMeta)
		m.rows(replication.WRITE_ROWS_EVENTv2, 108, 1, len(ordersTypes), ordersRow(1))
	}
	cases := []struct {
		name string
		make func(*madeStream)
		want string
	}{
		{"nothing wrong", func(m *madeStream) { m.gtid(); m.query("shop", "BEGIN"); rows(m); m.xid() }, "context canceled"},
		{"empty transactions", func(m *madeStream) { m.gtid(); m.gtid(); m.query("shop", "COMMIT"); m.gtid() }, "context canceled"},
		{"commit of nothing", func(m *madeStream) { m.xid() }, "commit without a transaction"},
		{"transaction in a transaction", func(m *madeStream) { m.gtid(); m.query("shop", "BEGIN"); m.gtid() }, "does not end"},
		{"file ends in a transaction", func(m *madeStream) { m.gtid(); m.query("shop", "BEGIN"); m.start() }, "does not end"},
		{"rows without a transaction", func(m *madeStream) { m.gtid(); rows(m) }, "rows event without a transaction"},
		{"rows without a table map", func(m *madeStream) {
			m.gtid()
			m.query("shop", "BEGIN")
			m.rows(replication.WRITE_ROWS_EVENTv2, 9, 1, 1, []byte{0, 0})
		}, "without a table map for table id 9"},
		{"table map of the statement before", func(m *madeStream) {
			m.gtid()
			m.query("shop", "BEGIN")
			rows(m)
			m.rows(replication.WRITE_ROWS_EVENTv2, 108, 1, len(ordersTypes), ordersRow(1))
		}, "without a table map"},
		{"anonymous", func(m *madeStream) { m.add(replication.ANONYMOUS_GTID_EVENT, make([]byte, 25)) }, "has no GTID"},
		{"statement without a gtid", func(m *madeStream) { m.query("shop", "DROP TABLE orders") }, "the statement has no GTID"},
		{"incident", func(m *madeStream) { m.add(replication.INCIDENT_EVENT, []byte{1, 0, 0}) }, "lost events"},
		{"unknown kind", func(m *madeStream) { m.gtid(); m.add(99, nil) }, "not known (99"},
		{"rolled back", func(m *madeStream) { m.gtid(); m.query("shop", "BEGIN"); rows(m); m.query("shop", "ROLLBACK") }, "was rolled back"},
		{"rolled back in part", func(m *madeStream) { m.gtid(); m.query("shop", "BEGIN"); rows(m); m.query("shop", "ROLLBACK TO `s`") }, "was rolled back"},
		{"table that is not known", func(m *madeStream) {
			m.gtid()
			m.query("shop", "BEGIN")
			m.tableMap(5, schema.Name{Schema: "shop", Table: "new"}, []byte{mysql.MYSQL_TYPE_LONG}, nil)
			m.rows(replication.WRITE_ROWS_EVENTv2, 5, 1, 1, []byte{0, 1, 0, 0, 0})
		}, "on shop.new: the table is to be replicated, but its definition is not known"},
		{"load data without a gtid", func(m *madeStream) { m.add(replication.EXECUTE_LOAD_QUERY_EVENT, make([]byte, 40)) }, "has no GTID"},
		{"database in a transaction", func(m *madeStream) {
			m.gtid()
			m.query("shop", "BEGIN")
			rows(m)
			m.query("shop", "CREATE DATABASE shop")
		}, "DDL in the middle of a transaction"},
		{"rows that are cut off", func(m *madeStream) {
			m.gtid()
			m.query("shop", "BEGIN")
			m.tableMap(108, orders().Name, ordersTypes, ordersMeta)
			m.rows(replication.WRITE_ROWS_EVENTv2, 108, 1, len(ordersTypes), ordersRow(1)[:40])
		}, "value is cut off"},
		{"load data as a statement", func(m *madeStream) {
			m.gtid()
			m.query("shop", "BEGIN")
			body := make([]byte, 13+13)
			body[8] = 4
			m.add(replication.EXECUTE_LOAD_QUERY_EVENT, append(body, "shop\x00LOAD DATA INFILE 'x' INTO TABLE orders"...))
		}, "rows are loaded by a statement: LOAD DATA INFILE"},
	}
	for _, c := range cases {
		m := &madeStream{}
		m.start()
		c.make(m)
		if err := readAll(m.reader(orders())); !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		} else if c.want != "context canceled" && errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestPositionBeyond32Bits follows a file that is larger than its headers can say.
func TestPositionBeyond32Bits(t *testing.T) {
	t.Parallel()
	var p position
	p.rotate("binlog.000009", 4)
	var got []uint64
	for _, logPos := range []uint32{1000, 0, 4294967000, 500, 700, 4294967290, 100} {
		p.advance(logPos)
		got = append(got, p.get().Pos)
	}
	want := []uint64{1000, 1000, 4294967000, 1<<32 + 500, 1<<32 + 700, 1<<32 + 4294967290, 2<<32 + 100}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	p.heartbeat("binlog.000010", 4)
	if at := p.get(); at.File != "binlog.000010" || at.Pos != 4 {
		t.Error(at)
	}
}
