package chunk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"tandem/internal/catalog"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// TestServerCutsExactly walks over tables in ranges of a few rows: each row must
// be in one of them, where the server and this package say that it is.
func TestServerCutsExactly(t *testing.T) {
	for _, old := range []bool{false, true} {
		shared, name := sandboxtest.Shared, "9.7"
		if old {
			shared, name = sandboxtest.Shared56, "5.6"
		}
		t.Run(name, func(t *testing.T) {
			pair := shared(t)
			db := pair.SourceDB(t)
			db.SetMaxOpenConns(1)
			sandboxtest.Exec(t, db, "SET sql_mode='ALLOW_INVALID_DATES'", "SET NAMES utf8mb4")
			for _, c := range keyed {
				if old && c.new {
					continue
				}
				sandboxtest.Exec(t, db, "CREATE TABLE `"+c.name+"` ("+c.columns+")", "INSERT INTO `"+c.name+"` VALUES "+c.rows)
			}
			tables, err := catalog.Load(t.Context(), db, func(n schema.Name) bool { return n.Schema == pair.Database })
			if err != nil {
				t.Fatal(err)
			}
			conn, err := wire.Connect(t.Context(), mysqldb.Endpoint{
				Name: "source", Network: "tcp", Addr: pair.Source.Addr(), User: sandbox.UserTandem,
				Password: func(context.Context) (string, error) { return pair.Source.Password(), nil },
			}, wire.Session{})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, table := range tables {
				for n := 1; n <= 3; n++ {
					t.Run(fmt.Sprintf("%s by %d", table.Table, n), func(t *testing.T) { walk(t, conn, table, n) })
				}
			}
		})
	}
}

var keyed = []struct {
	name, columns, rows string
	new                 bool
}{
	{"ints", "k INT PRIMARY KEY", "(-2147483648),(-1),(0),(1),(2),(2147483647)", false},
	{"padded_zero", "k INT(8) UNSIGNED ZEROFILL PRIMARY KEY", "(0),(5),(40),(300),(4294967295)", false},
	{"unsigned_big", "k BIGINT UNSIGNED PRIMARY KEY", "(0),(9223372036854775808),(18446744073709551615),(7)", false},
	{"descending", "a INT, b INT, PRIMARY KEY (a, b DESC)", "(1,1),(1,2),(1,3),(2,1),(2,2),(0,9)", true},
	{"composite", "a INT, b VARCHAR(10) COLLATE utf8mb4_general_ci, c DATE, PRIMARY KEY (a,b,c)",
		"(1,'a','2024-01-01'),(1,'B','0000-00-00'),(1,'b','2024-02-31'),(1,'c','2024-01-01'),(2,'','2024-01-01'),(2,'é','2024-01-01')", false},
	{"latin", "k VARCHAR(10) CHARACTER SET latin1 PRIMARY KEY", "(_latin1 x'E4'),('e'),('f'),(''),('A'),('Z')", false},
	{"japanese", "k VARCHAR(10) CHARACTER SET sjis PRIMARY KEY", "('表'),('十'),('能'),('a'),('\\\\')", false},
	{"wide_chars", "k VARCHAR(10) CHARACTER SET ucs2 PRIMARY KEY", "('a'),('日'),('本'),('')", false},
	{"hebrew", "k VARCHAR(10) CHARACTER SET hebrew PRIMARY KEY", "(_hebrew x'C0C1'),(_hebrew x'E0'),('a'),(_hebrew x'FF')", false},
	{"greek_bin", "k VARCHAR(10) CHARACTER SET greek COLLATE greek_bin PRIMARY KEY", "(_greek x'D2'),(_greek x'FF'),('a'),('\\\\')", false},
	{"thai", "k VARCHAR(10) CHARACTER SET tis620 PRIMARY KEY", "(_tis620 x'DB'),(_tis620 x'FF'),('a')", false},
	{"big5_key", "k VARCHAR(10) CHARACTER SET big5 PRIMARY KEY", "('功'),('許'),('a'),('\\'')", false},
	{"utf32_key", "k VARCHAR(10) CHARACTER SET utf32 PRIMARY KEY", "('功'),('日'),('a'),('\\'')", false},
	{"quotes", "k VARBINARY(10) PRIMARY KEY", "('\\''),('\\\\'),(''),(x'00'),(x'0000'),(x'FF'),(x'00FF')", false},
	{"padded", "k BINARY(3) PRIMARY KEY", "('a'),('ab'),(''),(x'FFFFFF')", false},
	{"dates", "k DATETIME(6) PRIMARY KEY", "('2024-01-01 00:00:00.000001'),('2024-01-01'),('0000-00-00'),('9999-12-31 23:59:59.999999')", false},
	{"times", "k TIME(3) PRIMARY KEY", "('-838:59:59'),('838:59:59'),('00:00:00'),('-00:00:00.001'),('10:00:00')", false},
	{"stamps", "k TIMESTAMP(3) NOT NULL PRIMARY KEY", "('2024-01-01 00:00:00.001'),('2024-01-01'),('1970-01-02')", false},
	{"decimals", "k DECIMAL(10,2) PRIMARY KEY", "(-10.50),(-9),(0),(9),(10.5)", false},
	{"floats", "k FLOAT PRIMARY KEY", "(-1.5),(0.1),(1.23456789),(16777216),(3.4e38)", false},
	{"enums", "k ENUM('z','y','x') PRIMARY KEY", "('z'),('y'),('x')", false},
	{"masks", "k SET('a','b','c') PRIMARY KEY", "(''),('a'),('b'),('a,c'),('a,b,c')", false},
	{"bits", "k BIT(64) PRIMARY KEY", "(b'0'),(b'1'),(x'8000000000000000'),(x'FFFFFFFFFFFFFFFF')", false},
	{"years", "k YEAR PRIMARY KEY", "(0),(1901),(1970),(2155)", false},
	{"unique_key", "v INT, k INT NOT NULL, UNIQUE (k)", "(1,3),(1,2),(NULL,1)", false},
	{"prefix", "k BLOB, PRIMARY KEY (k(2))", "('aax'),('abx'),('b'),('')", false},
	{"empty_one", "k INT PRIMARY KEY", "(1)", false},
}

func walk(t *testing.T, conn *wire.Conn, table *schema.Table, n int) {
	space, ok := chunk.Of(table)
	if !ok {
		t.Fatal("no key")
	}
	read := func(r chunk.Range) []chunk.Key {
		sql := space.AppendFrom(space.AppendSelect([]byte("SELECT ")), r)
		var out []chunk.Key
		err := conn.Query(t.Context(), sql, func(v [][]byte) error {
			k, err := space.FromText(v)
			out = append(out, k)
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return out
	}
	all := read(chunk.Range{})
	for _, k := range all {
		sql := append([]byte("SELECT COUNT(*) FROM "+table.Quoted()+" WHERE "), space.AppendMatch(nil, k)...)
		row, err := conn.One(t.Context(), sql)
		if err != nil || string(row[0]) != "1" {
			t.Errorf("%q meets %s rows: %v", sql, row, err)
		}
	}
	var got []string
	for r := (chunk.Range{}); ; {
		row, err := conn.One(t.Context(), space.AppendBoundary(nil, chunk.Range{Lower: r.Lower}, n))
		if err != nil {
			t.Fatal(err)
		}
		r.Upper = nil
		if row != nil {
			if r.Upper, err = space.FromText(row); err != nil {
				t.Fatal(err)
			}
		}
		rows := read(r)
		if row != nil && len(rows) != n {
			t.Errorf("%s has %d rows, want %d", space.Format(r), len(rows), n)
		}
		for _, k := range rows {
			got = append(got, space.FormatKey(k))
		}
		for _, k := range all {
			inside := space.Contains(r, k)
			if inside == chunk.Unsure && space.Ordered() {
				t.Errorf("%s in %s is unsure", space.FormatKey(k), space.Format(r))
			}
			there := false
			for _, have := range rows {
				there = there || have.Equal(k)
			}
			if inside == chunk.Inside != there && inside != chunk.Unsure {
				t.Errorf("%s in %s: %d, the server says %t", space.FormatKey(k), space.Format(r), inside, there)
			}
		}
		if row == nil {
			break
		}
		r.Lower = r.Upper
	}
	var want []string
	for _, k := range all {
		want = append(want, space.FormatKey(k))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("ranges have %v, the table %v", got, want)
	}
	plan := ""
	sql := "EXPLAIN " + string(space.AppendFrom(space.AppendSelect([]byte("SELECT ")), chunk.Range{Lower: all[0], Upper: all[len(all)-1]}))
	if err := conn.Query(t.Context(), []byte(sql), func(v [][]byte) error { plan = string(v[len(v)-1]); return nil }); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plan, "filesort") && table.Table != "prefix" {
		t.Errorf("%s sorts: %s", sql, plan)
	}
}
