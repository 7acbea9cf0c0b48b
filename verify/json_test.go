package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/verify"
)

// TestTypesAtUnusualPlaces hides differences of type in documents that are built
// like no other in the table, behind the ones that are looked at first, and wants
// them found by both methods.
func TestTypesAtUnusualPlaces(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t),
		"CREATE TABLE a (id INT PRIMARY KEY, j JSON, pad LONGBLOB)",
		"INSERT INTO a WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<3000) SELECT n, JSON_OBJECT('id', n, 'size', n/7e0, 'at', 'x', 'tags', JSON_ARRAY(n, 'b')), NULL FROM i",
		"CREATE TABLE many (id INT PRIMARY KEY, j JSON)",
		"INSERT INTO many WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<2000) SELECT n, JSON_OBJECT(CONCAT('key ', n), n) FROM i")
	faults := [][2]string{
		{"JSON_OBJECT('id', 1, 'size', 2)", "JSON_OBJECT('id', 1, 'size', CAST(2 AS UNSIGNED))"},
		{"JSON_OBJECT('id', 1, 'other', 1.5e0)", "JSON_OBJECT('id', 1, 'other', 1.5)"},
		{"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', '2024-01-01')", "JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', CAST('2024-01-01' AS DATE))"},
		{"JSON_ARRAY(JSON_ARRAY(1))", "JSON_ARRAY(JSON_ARRAY(CAST(1 AS DECIMAL(5))))"},
		{"JSON_OBJECT('id', 1, 'size', 1e0, 'at', 'x', 'tags', JSON_ARRAY(1, 'b', 7))", "JSON_OBJECT('id', 1, 'size', 1e0, 'at', 'x', 'tags', JSON_ARRAY(1, 'b', CAST(7 AS UNSIGNED)))"},
		// Where documents are usually, with another type than usual.
		{"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', 'x', 'tags', JSON_ARRAY(1, 'b'))", "JSON_OBJECT('id', CAST(1 AS UNSIGNED), 'size', 1.5e0, 'at', 'x', 'tags', JSON_ARRAY(1, 'b'))"},
		{"JSON_OBJECT('id', 5000000000, 'size', 1.5e0, 'at', 'x', 'tags', JSON_ARRAY(1, 'b'))", "JSON_OBJECT('id', CAST(5000000000 AS UNSIGNED), 'size', 1.5e0, 'at', 'x', 'tags', JSON_ARRAY(1, 'b'))"},
		{"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', '10:11:12.000000', 'tags', JSON_ARRAY(1, 'b'))", "JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', CAST('10:11:12' AS TIME), 'tags', JSON_ARRAY(1, 'b'))"},
		{"JSON_OBJECT('id', JSON_ARRAY(1), 'size', 1, 'at', 1, 'tags', JSON_ARRAY(1, 'b'))", "JSON_OBJECT('id', JSON_ARRAY(CAST(1 AS UNSIGNED)), 'size', 1, 'at', 1, 'tags', JSON_ARRAY(1, 'b'))"},
		// Rows of more than one buffer, and of more than is kept of one.
		{"JSON_OBJECT('large', REPEAT('x', 100000), 'n', 1)", "JSON_OBJECT('large', REPEAT('x', 100000), 'n', CAST(1 AS UNSIGNED))"},
		{"JSON_OBJECT('large', REPEAT('x', 3000000), 'm', 1)", "JSON_OBJECT('large', REPEAT('x', 3000000), 'm', CAST(1 AS UNSIGNED))"},
	}
	var want []string
	for i, f := range faults {
		l.onSource(fmt.Sprintf("INSERT INTO a VALUES (%d,%s,NULL)", 10_000+i, f[0]))
		l.onTarget(fmt.Sprintf("INSERT INTO a VALUES (%d,%s,NULL)", 10_000+i, f[1]))
		want = append(want, fmt.Sprintf("a different %d", 10_000+i))
	}
	l.both("INSERT INTO a VALUES (20000,JSON_OBJECT('id',1,'z',2),REPEAT('p',5000000))")
	l.onTarget("UPDATE many SET j=NULL WHERE id=1999", "UPDATE many SET j=JSON_OBJECT('key 1999', CAST(1999 AS UNSIGNED)) WHERE id=1999")
	want = append(want, "many different 1999")
	for _, m := range methods {
		for _, chunk := range []int64{8 << 10, 8 << 20} {
			r := l.run(by(m), func(c *verify.Config) { c.ChunkBytes, c.ShowValues = chunk, false })
			var got []string
			for _, table := range r.Tables {
				for _, f := range table.Findings {
					got = append(got, strings.Join([]string{table.Table, string(f.Class), f.Key}, " "))
				}
				if table.Skipped != "" {
					got = append(got, table.Skipped)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s, chunks of %d bytes: %s", m, chunk, d)
			}
		}
	}
}
