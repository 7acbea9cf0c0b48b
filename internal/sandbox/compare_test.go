package sandbox_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// cellChanges: each is one change of one cell that must be seen. The column is
// made with the value before on both sides, then changed on the target.
var cellChanges = []struct {
	name, column, before, after string
	// modern: the type or value does not exist in 5.6.
	modern bool
}{
	{name: "trailing space", column: "VARCHAR(20)", before: "'a'", after: "'a '"},
	{name: "case", column: "VARCHAR(20) CHARACTER SET latin1", before: "'tokyo'", after: "'Tokyo'"},
	{name: "accent", column: "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", before: "'resume'", after: "'resumé'"},
	{name: "composed letter", column: "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", before: "_utf8mb4 0xC3A9", after: "_utf8mb4 0x65CC81"},
	{name: "empty is not null", column: "VARCHAR(20)", before: "''", after: "NULL"},
	{name: "null is not 'NULL'", column: "VARCHAR(20)", before: "NULL", after: "'NULL'"},
	{name: "newline", column: "TEXT", before: `'a\nb'`, after: `'a\\nb'`},
	{name: "tab", column: "TEXT", before: `'a\tb'`, after: `'a b'`},
	{name: "one bit of a blob", column: "BLOB", before: "0x00FF00", after: "0x00FE00"},
	{name: "one bit of a large blob", column: "LONGBLOB", before: "REPEAT(0x00, 3000000)",
		after: "CONCAT(REPEAT(0x00, 2999999), 0x01)"},
	{name: "length of a large text", column: "LONGTEXT", before: "REPEAT('x', 3000000)", after: "REPEAT('x', 3000001)"},
	{name: "padding of binary", column: "VARBINARY(8)", before: "0x61", after: "0x6100"},
	{name: "last bit of a double", column: "DOUBLE", before: "0.3", after: "0.30000000000000004"},
	{name: "tiny double", column: "DOUBLE", before: "5e-324", after: "1e-323"},
	{name: "negative zero double", column: "DOUBLE", before: "0e0", after: "-0e0"},
	{name: "negative zero float", column: "FLOAT", before: "0e0", after: "-0e0"},
	{name: "float beyond its six printed digits", column: "FLOAT", before: "16777216", after: "16777218"},
	{name: "fixed float beyond its decimals", column: "DOUBLE(10,2)", before: "NULL", after: "0e0"},
	{name: "last digit of a decimal", column: "DECIMAL(65,30)", before: "0.000000000000000000000000000001", after: "0.000000000000000000000000000002"},
	{name: "highest bit of unsigned", column: "BIGINT UNSIGNED", before: "18446744073709551615", after: "18446744073709551614"},
	{name: "bit", column: "BIT(64)", before: "0x8000000000000000", after: "0x8000000000000001"},
	{name: "microsecond", column: "DATETIME(6)", before: "'2024-01-01 00:00:00.000001'", after: "'2024-01-01 00:00:00.000002'"},
	{name: "zero date is not null", column: "DATE", before: "'0000-00-00'", after: "NULL"},
	{name: "daylight saving fold", column: "TIMESTAMP NULL", before: "FROM_UNIXTIME(1730611800)", after: "FROM_UNIXTIME(1730615400)"},
	{name: "year", column: "YEAR", before: "0", after: "2000"},
	{name: "enum empty string is not null", column: "ENUM('a','b')", before: "''", after: "NULL"},
	{name: "enum error value", column: "ENUM('','b')", before: "1", after: "'zzz'"},
	{name: "set member", column: "SET('a','b')", before: "'a,b'", after: "'b'"},
	{name: "geometry reference system", column: "GEOMETRY", before: "ST_GeomFromText('POINT(1 2)')", after: "ST_GeomFromText('POINT(1 2)', 4326)"},
	{name: "geometry axes", column: "POINT", before: "ST_GeomFromText('POINT(1 2)')", after: "ST_GeomFromText('POINT(2 1)')"},
	{name: "json number 1 and 1.0", column: "JSON", before: "'1'", after: "'1.0'", modern: true},
	{name: "json decimal and double", column: "JSON", before: "JSON_ARRAY(CAST(0.1 AS DECIMAL(3,1)))", after: "'[0.1]'", modern: true},
	{name: "json unsigned", column: "JSON", before: `'{"a": {"b": 1}}'`, after: "JSON_OBJECT('a', JSON_OBJECT('b', CAST(1 AS UNSIGNED)))", modern: true},
	{name: "json date and string", column: "JSON", before: `'{"x": "2024-01-01"}'`, after: "JSON_OBJECT('x', DATE '2024-01-01')", modern: true},
	{name: "json null and null", column: "JSON", before: "'null'", after: "NULL", modern: true},
	{name: "json blob and string", column: "JSON", before: `'"base64:type15:QQ=="'`, after: "CAST(0x41 AS JSON)", modern: true},
	{name: "json negative zero", column: "JSON", before: "'[0.0]'", after: "'[-0.0]'", modern: true},
	{name: "one bit of a vector", column: "VECTOR(2)", before: "0x0000803F00000000", after: "0x0000803F01000000", modern: true},
}

const anyMode = "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'; "

func TestCompareSeesEveryCell(t *testing.T) {
	t.Parallel()
	for version, share := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"current": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			pair := share(t)
			source, target := pair.SourceDB(t), createOnTarget(t, pair)
			table := func(n int) string { return fmt.Sprintf("c%03d", n) }
			exists := func(n int) bool { return version != "5.6" || !cellChanges[n].modern }
			for n, change := range cellChanges {
				if !exists(n) {
					continue
				}
				setup := anyMode + "CREATE TABLE " + table(n) + " (id INT PRIMARY KEY, other INT, v " + change.column +
					") ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci; INSERT INTO " + table(n) +
					" VALUES (1, 1, NULL), (2, 1, " + change.before + "), (3, 1, NULL)"
				sandboxtest.Exec(t, source, setup)
				sandboxtest.Exec(t, target, setup)
			}
			pair.RequireEqual(t)
			for n, change := range cellChanges {
				if exists(n) {
					// Not UPDATE: that leaves a JSON 1 alone when it is set to 1.0.
					sandboxtest.Exec(t, target, anyMode+"REPLACE INTO "+table(n)+" VALUES (2, 1, "+change.after+")")
				}
			}
			verdict, err := sandbox.Compare(t.Context(), pair.Source, pair.Target, []string{pair.Database})
			if err != nil {
				t.Fatal(err)
			}
			problems := map[string]string{}
			for _, found := range verdict.Different() {
				problems[found.Table] = found.Problem
			}
			for n, change := range cellChanges {
				if problem := problems[table(n)]; exists(n) && !strings.Contains(problem, `row 2 (id="2"): v is `) {
					t.Errorf("%s: not seen, or not in its place: %q", change.name, problem)
				}
			}
		})
	}
}

func TestCompareSeesRowsAndTables(t *testing.T) {
	t.Parallel()
	const tables = `DROP TABLE IF EXISTS keyed, keyless, worded, extra;
		CREATE TABLE keyed (a INT, b INT, v INT, PRIMARY KEY (b, a)) ENGINE=InnoDB; INSERT INTO keyed VALUES (1,1,1),(1,2,2),(2,1,3);
		CREATE TABLE keyless (v INT, w VARCHAR(9)) ENGINE=InnoDB DEFAULT CHARSET=latin1; INSERT INTO keyless VALUES (1,'x'),(1,'x'),(2,NULL);
		CREATE TABLE worded (k VARCHAR(20) PRIMARY KEY, v INT) ENGINE=InnoDB DEFAULT CHARSET=latin1; INSERT INTO worded VALUES ('b',1),('A',2),('ä',3)`
	cases := []struct{ name, change, want string }{
		{"nothing", "DO 0", ""},
		{"stored in another order", "DELETE FROM keyless; INSERT INTO keyless VALUES (2,NULL),(1,'x'),(1,'x')", ""},
		{"row missing at the end", "DELETE FROM keyed WHERE a = 1 AND b = 2", "the target server has no row 3"},
		{"row missing in the middle", "DELETE FROM keyed WHERE a = 2", `row 2 (a="2", b="1")`},
		{"row added", "INSERT INTO worded VALUES ('c', 4)", "worded (3 and 4 rows)"},
		{"twin missing", "DELETE FROM keyless WHERE v = 1 LIMIT 1", "keyless (3 and 2 rows)"},
		{"twin instead of another row", "UPDATE keyless SET v = 1, w = 'x' WHERE v = 2", "keyless (3 and 3 rows)"},
		{"key's case", "UPDATE worded SET k = 'B' WHERE k = 'b'", "worded"},
		{"table missing", "DROP TABLE keyless", "missing on the target server"},
		{"table added", "CREATE TABLE extra (id INT)", "missing on the source server"},
		{"column type", "ALTER TABLE keyed MODIFY v BIGINT", "column 3 is v int on the source server and v bigint"},
		{"column sign", "ALTER TABLE keyed MODIFY v INT UNSIGNED", "int unsigned"},
		{"column collation", "ALTER TABLE keyless MODIFY w VARCHAR(9) COLLATE latin1_bin", "latin1_bin"},
		{"column order", "ALTER TABLE keyed MODIFY v INT FIRST", "column 1 is a int not null"},
		{"column added", "ALTER TABLE keyed ADD z INT", "column z is missing on the source server"},
		{"key order", "ALTER TABLE keyed DROP PRIMARY KEY, ADD PRIMARY KEY (a, b)", "the primary key is (b, a)"},
	}
	for version, share := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"current": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			pair := share(t)
			source, target := pair.SourceDB(t), createOnTarget(t, pair)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					sandboxtest.Exec(t, source, tables)
					sandboxtest.Exec(t, target, tables, c.change)
					if c.want != "" {
						requireDifferent(t, pair, c.want)
						return
					}
					if verdict := pair.RequireEqual(t); verdict.Rows() != 9 || len(verdict.Tables) != 3 {
						t.Errorf("compared %d tables with %d rows", len(verdict.Tables), verdict.Rows())
					}
				})
			}
		})
	}
}

func TestCompareNothingIsNotEqual(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	requireDifferent(t, pair, "nothing was compared")
}

// A client program that dies half way must not look like the end of a table.
func TestCompareFailsWhenAServerDies(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	for _, server := range pair.Servers() {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, server, ""), "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1)")
	}
	sandboxtest.RequireEqual(t, pair)
	if err := pair.Target.Kill(); err != nil {
		t.Fatal(err)
	}
	if verdict, err := sandbox.Compare(t.Context(), pair.Source, pair.Target, nil); err == nil {
		t.Fatalf("no error though the target is dead: %s", verdict)
	}
}

func createOnTarget(t *testing.T, pair *sandboxtest.SharedPair) *sql.DB {
	t.Helper()
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Target, ""), "CREATE DATABASE `"+pair.Database+"` DEFAULT CHARACTER SET utf8mb4")
	return pair.TargetDB(t)
}

func requireDifferent(t *testing.T, pair *sandboxtest.SharedPair, want string) {
	t.Helper()
	verdict, err := sandbox.Compare(t.Context(), pair.Source, pair.Target, []string{pair.Database})
	if err != nil {
		t.Fatal(err)
	}
	if verdict.Equal {
		t.Fatalf("the change was not seen: %s", verdict)
	}
	if text := verdict.String(); !strings.Contains(text, want) {
		t.Fatalf("the verdict does not say %q:\n%s", want, text)
	}
}
