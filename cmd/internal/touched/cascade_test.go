package touched_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/cmd/internal/touched"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// TestCascadesTouchChildren: where the source does not log what foreign keys do,
// a parent's change touches all rows of its children, and of theirs.
func TestCascadesTouchChildren(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared56(t)
	source := pair.SourceDB(t)
	sandboxtest.Exec(t, source,
		"CREATE TABLE p (id INT PRIMARY KEY, v INT) ENGINE=InnoDB",
		"CREATE TABLE q (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE) ENGINE=InnoDB",
		"CREATE TABLE r (id INT PRIMARY KEY, q INT, FOREIGN KEY (q) REFERENCES q (id) ON DELETE SET NULL) ENGINE=InnoDB",
		"CREATE TABLE s (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id)) ENGINE=InnoDB",
		"INSERT INTO p VALUES (1,1),(2,2)", "INSERT INTO q VALUES (1,1)", "INSERT INTO r VALUES (1,1)")
	changes := &touched.Changes{
		Server: endpoint("source", pair.Source), ServerID: 4712, SpoolDir: t.TempDir(),
		Tables: func(n schema.Name) bool { return n.Schema == pair.Database },
	}
	for _, step := range []struct {
		sql  string
		want []string
	}{
		{"UPDATE p SET v=3 WHERE id=1", []string{"p 1"}},
		{"INSERT INTO p VALUES (3,3)", []string{"p 3"}},
		{"DELETE FROM p WHERE id=1", []string{"p 1", "q", "r"}},
		{"DELETE FROM r", []string{"r 1"}},
	} {
		from, err := mysqldb.Executed(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		sandboxtest.Exec(t, source, step.sql)
		until, err := mysqldb.Executed(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, keys(t, changes, from, until)); d != "" {
			t.Errorf("%s: %s", step.sql, d)
		}
	}
}
