package binlog

import (
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox"
	"tandem/internal/schema"
)

// jsonCases are SQL expressions for documents.
var jsonCases = []string{
	`'null'`, `'true'`, `'false'`, `'{}'`, `'[]'`, `'""'`, `'0'`, `'-1'`,
	`'[0, 127, 128, -128, 32767, -32768, 32768, 65535, 65536, -32769, 2147483647, -2147483648, 4294967295, 4294967296]'`,
	`'[9223372036854775807, -9223372036854775808, 18446744073709551615]'`,
	`'[1.0, -0.0, 0.1, 1e15, 1e16, 123456789012345.6, 1234567890123456.7, 1e-5, 1.5e-15, 1e100, 5e-324, 1.7976931348623157e308]'`,
	`'{"b": 1, "a": 2, "longer": 3, "": 4}'`,
	`'{"quote\\"d": "v\\"", "back\\\\slash": "a\\\\b", "日本": "東京", "nl\\n": "\\t\\b\\f\\r\\u0001\\u001f/"}'`,
	`'{"a": {"b": [1, {"c": [[], {}, null]}]}}'`,
	`JSON_OBJECT('s', REPEAT('x', 127), 't', REPEAT('y', 128), 'u', REPEAT('z', 20000))`,
	`JSON_ARRAY(REPEAT('a', 40000), REPEAT('b', 40000), 1, 70000, 5000000000, 1.5, JSON_OBJECT('k', 1))`,
	`JSON_OBJECT('large', REPEAT('a', 70000), 'small', 1, 'neg', -70000, 'obj', JSON_OBJECT('x', JSON_ARRAY(1, 2)))`,
	`CAST(1.50 AS JSON)`,
	`JSON_OBJECT('d', CAST(0.100 AS DECIMAL(10,3)), 'e', CAST('12345678901234567890123456789.5' AS DECIMAL(65,30)), 'n', CAST(-7 AS DECIMAL(5,0)))`,
	`JSON_ARRAY(DATE'2024-02-29', TIME'12:34:56.789', TIMESTAMP'2024-02-29 12:34:56.000001', CAST('-838:59:59' AS TIME))`,
	`JSON_OBJECT('a"b', JSON_ARRAY(DATE'2024-01-01', JSON_OBJECT('c.d', 1.25)))`,
	`JSON_ARRAY(x'00FF10', CAST('bin' AS BINARY(5)))`,
	`CAST(TIMESTAMP'2024-02-29 12:34:56' AS JSON)`,
	`CAST(DATE'2024-02-29' AS JSON)`,
}

// columnCases are expressions over a row of columns, whose types a document
// remembers.
var columnCases = []string{
	"JSON_ARRAY(vb, b, bl, tb, mb, lb, bi, y, ts, dt, e, ti, f)",
	"JSON_OBJECT('deep', JSON_ARRAY(bl, JSON_OBJECT('x', bi)))",
	"JSON_ARRAY(REPEAT(x'00', 70000), 1)",
}

// TestJSON compares decoded documents with the server's text, and the types
// inside with those of a document that was written from the decoded value.
func TestJSON(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE j (id INT PRIMARY KEY, v JSON)", "CREATE TABLE j2 (id INT PRIMARY KEY, v JSON)")
	h.exec("CREATE TABLE other (vb VARBINARY(10), b BINARY(4), bl BLOB, tb TINYBLOB, mb MEDIUMBLOB, lb LONGBLOB, bi BIT(60),"+
		" y YEAR, ts TIMESTAMP(3) NULL, dt DATETIME(2), e ENUM('a','b'), ti TIME(1), f FLOAT)",
		"INSERT INTO other VALUES ('ab', 'cd', '', 'gh', 'ij', 'kl', 1<<59, 2024, '2024-01-02 03:04:05.678',"+
			" '2024-01-02 03:04:05.67', 'b', '-12:13:14.5', 0.1)")
	s := h.open()
	cases := slices.Concat(jsonCases, columnCases)
	for i, v := range cases {
		if i < len(jsonCases) {
			h.exec(fmt.Sprintf("INSERT INTO j VALUES (%d, %s)", i, v))
			continue
		}
		h.exec(fmt.Sprintf("INSERT INTO j SELECT %d, %s FROM other", i, v))
	}
	rows := rowsOf(s.drain())
	column := &rows[0].Table.Columns[1]
	again := []string{permissive, "SET NAMES binary"}
	for i, r := range rows {
		want := h.text("SELECT CAST(v AS CHAR) FROM j WHERE id=?", i)
		if d := cmp.Diff(show([]byte(want)), show(schema.ParseTypedJSON(r.After[1]).Text)); d != "" {
			t.Errorf("%s: %s", cases[i], d)
		}
		again = append(again, fmt.Sprintf("INSERT INTO j2 VALUES (%d, %s)", i, schema.AppendLiteral(nil, column, r.After[1])))
	}
	h.session(again...)
	for i, r := range rowsOf(s.drain()) {
		if d := cmp.Diff(show(rows[i].After[1]), show(r.After[1])); d != "" {
			t.Errorf("%s, written from the decoded value: %s", cases[i], d)
		}
	}
}

func (h *harness) text(query string, args ...any) string {
	h.t.Helper()
	var v sql.NullString
	if err := h.db.QueryRowContext(h.t.Context(), query, args...).Scan(&v); err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	return v.String
}

// TestJSONDoublesAsTheServerPrintsThem compares many numbers at once.
func TestJSONDoublesAsTheServerPrintsThem(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE d (id INT PRIMARY KEY, v JSON)")
	s := h.open()
	r := rand.New(rand.NewPCG(1, 2))
	var numbers []string
	for len(numbers) < 20000 {
		f := math.Float64frombits(r.Uint64())
		switch len(numbers) % 4 {
		case 1:
			f = r.Float64() * math.Pow(10, float64(r.IntN(40)-20))
		case 2:
			f = math.Round(r.Float64()*1e6) / 1e3
		case 3:
			f = math.Round(r.Float64() * 1e17)
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		numbers = append(numbers, string(appendJSONDouble(nil, f)))
	}
	h.exec("INSERT INTO d VALUES (1, '[" + strings.Join(numbers, ",") + "]')")
	got := rowsOf(s.drain())[0].After[1]
	want := h.text("SELECT CAST(v AS CHAR) FROM d")
	g, w := strings.Split(string(got), ", "), strings.Split(want, ", ")
	if len(g) != len(w) {
		t.Fatalf("%d numbers, want %d", len(g), len(w))
	}
	wrong := 0
	for i := range g {
		if g[i] != w[i] {
			if wrong++; wrong < 20 {
				t.Errorf("number %d: %s, the server prints %s", i, g[i], w[i])
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d differ", wrong, len(g))
	}
}
