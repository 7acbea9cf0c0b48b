package copier_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate/copier"
)

// TestUnusualDocumentsKeepTheirTypes copies documents that are built alike but have
// other types than usual, and some that are built like no other, behind the rows
// from which the copy learns what is usual.
func TestUnusualDocumentsKeepTheirTypes(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t),
		"SET SESSION cte_max_recursion_depth=100000",
		"CREATE TABLE a (id INT PRIMARY KEY, j JSON)",
		"INSERT INTO a WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<4000) SELECT n, JSON_OBJECT('id', n, 'size', n/7e0, 'at', 'x', 'tags', JSON_ARRAY(n, TRUE)) FROM i")
	for i, doc := range []string{
		"JSON_OBJECT('id', CAST(1 AS UNSIGNED), 'size', 1e0, 'at', 'x', 'tags', JSON_ARRAY(1, TRUE))",
		"JSON_OBJECT('id', 5000000000, 'size', 1e0, 'at', 'x', 'tags', JSON_ARRAY(1, TRUE))",
		"JSON_OBJECT('id', 4294967296, 'size', 5000000000, 'at', 6000000000, 'tags', JSON_ARRAY(7000000000, 8000000000))",
		"JSON_OBJECT('id', 1, 'size', 1.5, 'at', 'x', 'tags', JSON_ARRAY(1, TRUE))",
		"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', CAST('2024-01-01' AS DATE), 'tags', JSON_ARRAY(1, TRUE))",
		"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', x'01', 'tags', JSON_ARRAY(1, TRUE))",
		"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', JSON_ARRAY(CAST(2 AS UNSIGNED)), 'tags', JSON_ARRAY(1, TRUE))",
		"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', 'x', 'tags', JSON_ARRAY(1, TRUE, CAST(3 AS DECIMAL(5,2))))",
		"JSON_OBJECT('id', 1, 'size', 1.5e0, 'at', 'x', 'tags', CAST(3 AS DECIMAL(5,2)))",
		"CAST(CAST(7 AS UNSIGNED) AS JSON)",
		"NULL",
	} {
		sandboxtest.Exec(t, l.source, fmt.Sprintf("INSERT INTO a VALUES (%d,%s)", 10_000+i, doc))
	}
	l.change = func(c *copier.Config) { c.Workers, c.ChunkBytes = 1, 32<<10 }
	if _, err := l.copyAll(); err != nil {
		t.Fatal(err)
	}
	l.requireEqual()
	types := func(db *sql.DB) (all []string) {
		rows, err := db.QueryContext(t.Context(), "SELECT CONCAT_WS(' ',id,j,JSON_TYPE(j),(SELECT GROUP_CONCAT(JSON_TYPE(v) ORDER BY n) FROM"+
			" JSON_TABLE(JSON_EXTRACT(j,'$**.*','$**[*]'),'$[*]' COLUMNS(n FOR ORDINALITY,v JSON PATH '$')) jt)) FROM `"+l.pair.Database+"`.a WHERE id>3990")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			all = append(all, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := types(l.source)
	if d := cmp.Diff(want, types(l.target)); d != "" || len(want) != 21 {
		t.Errorf("%d rows: %s", len(want), d)
	}
}
