package cli

import (
	"bytes"
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// TestTargetOwns: the later of two records of a group holds, wherever it is, and
// without any record nothing has been handed over.
func TestTargetOwns(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	dbs := [2]*sql.DB{sandboxtest.RootDB(t, pair.Source, ""), sandboxtest.RootDB(t, pair.Target, "")}
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	group := func(n schema.Name) string { return n.Table }
	owned := func() (all string) {
		t.Helper()
		owns, err := targetOwns(t.Context(), log, dbs, "courier", group)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range []string{"crossing", "back", "moved", "unknown"} {
			if owns(schema.Name{Schema: "d", Table: g}) {
				all += g + " "
			}
		}
		return all
	}
	if got := owned(); got != "" {
		t.Errorf("without a record the target owns %s", got)
	}
	for i, rows := range []string{
		"('courier','crossing','target',2),('courier','back','target',2),('courier','moved','target',2),('other','unknown','target',9)",
		"('courier','crossing','source',1),('courier','back','source',3),('courier','moved','target',2)",
	} {
		sandboxtest.Exec(t, dbs[i], "CREATE DATABASE _tandem",
			"CREATE TABLE _tandem.ownership (migration varchar(64), group_name varchar(64), owner varchar(10), epoch bigint, PRIMARY KEY (migration, group_name))",
			"INSERT INTO _tandem.ownership VALUES "+rows)
	}
	if got := owned(); got != "crossing moved " {
		t.Errorf("the target owns %s", got)
	}
	if said.Len() > 0 {
		t.Errorf("said %s", said.String())
	}
	sandboxtest.Exec(t, dbs[0], "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'reads'")
	reader, err := sql.Open("mysql", "reader:reads@tcp("+pair.Source.Addr()+")/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	dbs[0] = reader
	if got := owned(); got != "moved " || !strings.Contains(said.String(), "side=source") {
		t.Errorf("without the right to read the source's the target owns %s; said %s", got, said.String())
	}
}
