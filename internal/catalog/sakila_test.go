package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

func TestSakila(t *testing.T) {
	dir := os.Getenv("TANDEM_SAKILA")
	if dir == "" {
		t.Skip("skipped: TANDEM_SAKILA does not name the folder of sakila-schema.sql")
	}
	t.Parallel()
	script, err := os.ReadFile(filepath.Join(dir, "sakila-schema.sql"))
	if err != nil {
		t.Fatal(err)
	}
	p := sandboxtest.Shared(t)
	db := p.SourceDB(t)
	db.SetMaxOpenConns(1)
	for _, statement := range splitScript(string(script)) {
		// The script makes a database of a fixed name; here it has the test's.
		if !strings.Contains(statement, "SCHEMA") && !strings.HasPrefix(statement, "USE") {
			sandboxtest.Exec(t, db, strings.ReplaceAll(statement, "sakila.", p.Database+"."))
		}
	}
	source, target := dbs(t, p)
	tables := mustLoad(t, source, p.Database)
	if len(tables) < 15 {
		t.Fatalf("only %d tables", len(tables))
	}
	mustCreate(t, source, target, tables)
	if d := cmp.Diff(tables, mustLoad(t, target, p.Database)); d != "" {
		t.Error(d)
	}
	left, err := Leftovers(t.Context(), source, inSchema(p.Database))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, l := range left {
		count[l.Kind]++
	}
	want := map[string]int{"view": 7, "procedure": 3, "function": 3, "trigger": 3}
	if d := cmp.Diff(want, count); d != "" {
		t.Error(d)
	}
	some := func(n schema.Name) bool { return n.Schema == p.Database && n.Table == "actor" }
	left, err = Leftovers(t.Context(), source, some)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range left {
		if l.Kind == "trigger" {
			t.Errorf("%s is on a table that is not replicated", l)
		}
	}
}

// splitScript cuts a script for MySQL's client into statements: each ends at
// the end of a line, with the delimiter in force.
func splitScript(script string) []string {
	var statements []string
	var statement strings.Builder
	delimiter := ";"
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "DELIMITER "); ok {
			delimiter = strings.TrimSpace(rest)
			continue
		}
		if line == "" || strings.HasPrefix(line, "--") {
			continue
		}
		body, ends := strings.CutSuffix(line, delimiter)
		statement.WriteString(body + "\n")
		if ends {
			statements = append(statements, statement.String())
			statement.Reset()
		}
	}
	return statements
}
