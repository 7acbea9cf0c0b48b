package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/verify"
)

// flip is the smallest difference that a column of some type can have.
type flip struct {
	typ      string
	from, to string
	class    verify.Class // different, unless it says something else
	new      bool         // not for 5.6
}

var flips = []flip{
	{typ: "TINYINT", from: "0", to: "1"},
	{typ: "TINYINT", from: "0", to: "NULL"},
	{typ: "MEDIUMINT", from: "-8388608", to: "-8388607"},
	{typ: "INT(8) ZEROFILL", from: "7", to: "8"},
	{typ: "BIGINT", from: "-9223372036854775808", to: "-9223372036854775807"},
	{typ: "BIGINT UNSIGNED", from: "18446744073709551615", to: "18446744073709551614"},
	{typ: "DECIMAL(65,30)", from: "12345678901234567890123456789012345.123456789012345678901234567890", to: "12345678901234567890123456789012345.123456789012345678901234567891"},
	{typ: "FLOAT", from: "1", to: "1.00000011920929"},
	{typ: "FLOAT", from: "16777216", to: "16777218"},
	{typ: "FLOAT", from: "0e0", to: "-0e0"},
	{typ: "DOUBLE", from: "1", to: "1.0000000000000002e0"},
	{typ: "DOUBLE", from: "0.1e0", to: "0.10000000000000002e0"},
	{typ: "DOUBLE", from: "0e0", to: "-0e0"},
	{typ: "DOUBLE", from: "4.9406564584124654e-324", to: "9.8813129168249309e-324"},
	{typ: "DOUBLE", from: "1.7976931348623157e308", to: "1.7976931348623155e308"},
	{typ: "YEAR", from: "0", to: "2000"},
	{typ: "DATE", from: "'2024-02-30'", to: "'2024-02-31'"},
	{typ: "DATE", from: "'0000-00-00'", to: "NULL"},
	{typ: "TIME(6)", from: "'838:59:58.999999'", to: "'838:59:58.999998'"},
	{typ: "TIME", from: "'00:00:01'", to: "'-00:00:01'"},
	{typ: "DATETIME(6)", from: "'2024-01-01 00:00:00'", to: "'2024-01-01 00:00:00.000001'"},
	{typ: "DATETIME", from: "'0000-00-00 00:00:00'", to: "'0000-00-01 00:00:00'"},
	{typ: "TIMESTAMP(6) NULL", from: "'2024-01-01 00:00:00'", to: "'2024-01-01 00:00:00.000001'"},
	{typ: "TIMESTAMP NULL", from: "'0000-00-00 00:00:00'", to: "NULL"},
	{typ: "ENUM('2','1')", from: "'1'", to: "'2'"},
	{typ: "ENUM('','a')", from: "0", to: "1"},
	{typ: "ENUM('a')", from: "0", to: "NULL"},
	{typ: "SET('a','b','c')", from: "'a,b'", to: "'a,b,c'"},
	{typ: "SET('" + members(64) + "')", from: "x'8000000000000000'+0", to: "0"},
	{typ: "BIT(1)", from: "b'0'", to: "b'1'"},
	{typ: "BIT(64)", from: "x'8000000000000000'", to: "x'0000000000000000'"},
	{typ: "CHAR(10)", from: "''", to: "NULL"},
	{typ: "CHAR(10) CHARACTER SET latin1 COLLATE latin1_swedish_ci", from: "'a'", to: "'A'", class: verify.CollationOnly},
	{typ: "CHAR(10) CHARACTER SET latin1 COLLATE latin1_bin", from: "'a'", to: "'A'"},
	{typ: "VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", from: "'a'", to: "'a '", class: verify.CollationOnly},
	{typ: "VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", from: "'a'", to: "'b'"},
	{typ: "VARCHAR(10) CHARACTER SET latin1", from: "_latin1 x'E9'", to: "_latin1 x'F8'"},
	{typ: "VARCHAR(10) CHARACTER SET ucs2", from: "_ucs2 x'0041'", to: "_ucs2 x'0141'"},
	{typ: "VARCHAR(10) CHARACTER SET sjis", from: "_sjis x'835C'", to: "_sjis x'835D'"},
	{typ: "VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", from: "'N'", to: "NULL"},
	{typ: "TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", from: "'1:a'", to: "'1:b'"},
	{typ: "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", from: "REPEAT('ab',200000)", to: "CONCAT(REPEAT('ab',199999),'ac')"},
	{typ: "LONGBLOB", from: "REPEAT('ab',200000)", to: "CONCAT(REPEAT('ab',199999),'ac')"},
	{typ: "BLOB", from: "REPEAT('x',1024)", to: "REPEAT('x',1025)"},
	{typ: "BLOB", from: "''", to: "x'00'"},
	{typ: "BINARY(3)", from: "x'000000'", to: "x'000001'"},
	{typ: "BINARY(3)", from: "x'6100'", to: "x'6120'"},
	{typ: "VARBINARY(3)", from: "x'61'", to: "x'6100'"},
	{typ: "JSON", from: "'1'", to: "'1.0'", new: true},
	{typ: "JSON", from: "'1'", to: "'\"1\"'", new: true},
	{typ: "JSON", from: "'null'", to: "NULL", new: true},
	{typ: "JSON", from: "'[0.0]'", to: "'[-0.0]'", new: true},
	{typ: "JSON", from: "'{\"a\": [1, 2]}'", to: "'{\"a\": [2, 1]}'", new: true},
	{typ: "JSON", from: "JSON_ARRAY(CAST(1 AS SIGNED))", to: "JSON_ARRAY(CAST(1 AS UNSIGNED))", new: true},
	{typ: "JSON", from: "JSON_OBJECT('a', CAST(1.5 AS DECIMAL(5,1)))", to: "JSON_OBJECT('a', 1.5e0)", new: true},
	{typ: "JSON", from: "JSON_OBJECT('a', CAST('2024-01-01' AS DATE))", to: "JSON_OBJECT('a', '2024-01-01')", new: true},
	{typ: "JSON", from: "JSON_OBJECT('a', x'01')", to: "JSON_OBJECT('a', 'base64:type15:AQ==')", new: true},
	{typ: "GEOMETRY", from: "ST_GeomFromText('POINT(1 2)')", to: "ST_GeomFromText('POINT(2 1)')"},
	{typ: "GEOMETRY", from: "ST_GeomFromText('POINT(1 2)', 0)", to: "ST_GeomFromText('POINT(1 2)', 3857)", new: true},
	{typ: "POINT", from: "ST_GeomFromText('POINT(1 1)')", to: "ST_GeomFromText('POINT(1 1.0000000000000002)')"},
	{typ: "VECTOR(2)", from: "TO_VECTOR('[1,1]')", to: "TO_VECTOR('[1,1.0000001]')", new: true},
}

// shifts are rows of two columns in which what is next to each other moves.
var shifts = [][2]string{
	{"'ab','c'", "'a','bc'"},
	{"NULL,'a'", "'a',NULL"},
	{"NULL,''", "'',NULL"},
	{"'a,','b'", "'a',',b'"},
	{"'1:a','b'", "'1','1:b'"},
	{"'N','x'", "NULL,'x'"},
	{"'a','N1:b'", "'aN','1:b'"},
}

func members(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("m%d", i)
	}
	return strings.Join(all, "','")
}

// TestSmallestFlips makes a table for the smallest difference of each type, and
// wants each method to see every one of them, and nothing else.
func TestSmallestFlips(t *testing.T) {
	for _, version := range []string{"9.7", "5.6"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			shared := sandboxtest.Shared
			if version == "5.6" {
				shared = sandboxtest.Shared56
			}
			l := newLab(t, shared(t))
			want := map[string]verify.Class{}
			for i, f := range flips {
				if f.new && version == "5.6" {
					continue
				}
				name := fmt.Sprintf("f%02d", i)
				l.both(fmt.Sprintf("CREATE TABLE %s (id INT PRIMARY KEY, v %s)", name, f.typ),
					fmt.Sprintf("INSERT INTO %s VALUES (0,%s),(2,%s),(3,NULL)", name, f.from, f.to))
				l.onSource(fmt.Sprintf("INSERT INTO %s VALUES (1,%s)", name, f.from))
				l.onTarget(fmt.Sprintf("INSERT INTO %s VALUES (1,%s)", name, f.to))
				want[name] = f.class
				if f.class == "" {
					want[name] = verify.Different
				}
			}
			for i, s := range shifts {
				name := fmt.Sprintf("s%02d", i)
				l.both("CREATE TABLE " + name + " (id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, b TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)")
				l.onSource(fmt.Sprintf("INSERT INTO %s VALUES (1,%s)", name, s[0]))
				l.onTarget(fmt.Sprintf("INSERT INTO %s VALUES (1,%s)", name, s[1]))
				want[name] = verify.Different
			}
			for _, m := range methods {
				r := l.run(by(m))
				for _, table := range r.Tables {
					kind := table.Table
					var i int
					if n, _ := fmt.Sscanf(kind, "f%d", &i); n == 1 {
						kind += " " + flips[i].typ[:min(len(flips[i].typ), 40)]
					}
					if len(table.Findings) != 1 || table.Findings[0].Key != "1" || table.Findings[0].Class != want[table.Table] {
						t.Errorf("%s, %s: %+v (skipped: %s)", m, kind, table.Findings, table.Skipped)
					}
				}
				if len(r.Tables) != len(want) {
					t.Errorf("%s: %d tables of %d", m, len(r.Tables), len(want))
				}
			}
		})
	}
}
