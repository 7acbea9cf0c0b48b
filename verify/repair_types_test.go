package verify_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tandem/internal/catalog"
	"tandem/internal/chunk"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

// ofValues are the cases that are about values and keys, rather than about what
// happens to them in a log.
var ofValues = []string{
	"binary_pad", "bit_set64", "charsets_multibyte", "charsets_single", "dates", "decimal", "enum_many", "enum_set", "float", "generated",
	"geometry", "invisible", "json_empty", "json_kinds", "json_opaque", "keys", "names", "nulls", "text_keys", "text_values", "time_year",
	"timestamp", "unsigned", "vector", "wide",
}

// TestRepairTypes repairs every type of the type table: rows that are missing,
// rows whose values are NULL, and, by the file and the other way, rows whose
// values are to become NULL.
func TestRepairTypes(t *testing.T) {
	t.Parallel()
	for version, shared := range map[string]func(testing.TB) *sandboxtest.SharedPair{"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			repaired := 0
			cases := repairCases(t, version)
			for _, name := range slices.Sorted(maps.Keys(cases)) {
				statements := cases[name]
				if !slices.Contains(ofValues, name) {
					continue
				}
				t.Run(name, func(t *testing.T) {
					pair := shared(t)
					var own []string
					for _, s := range statements {
						if version == "5.6" && (strings.HasPrefix(s, "/*!8") || strings.HasPrefix(s, "/*!507")) {
							continue
						}
						own = append(own, strings.ReplaceAll(s, "{{db}}", pair.Database))
					}
					l := newLab(t, pair)
					if version == "5.6" { // its default
						l.onTarget("ALTER DATABASE `"+pair.Database+"` COLLATE utf8mb4_general_ci", "SET default_collation_for_utf8mb4=utf8mb4_general_ci")
					}
					l.both(own...)
					repaired += repairTypes(t, l)
				})
			}
			if repaired < 100 {
				t.Errorf("%d rows were repaired", repaired)
			}
		})
	}
}

func repairTypes(t *testing.T, l *lab) (repaired int) {
	tables := l.keyed()
	if len(tables) == 0 {
		t.Skip("no table with a key")
	}
	cfg := l.config()
	cfg.MaxFindings = 100_000
	cfg.Tables = func(n schema.Name) bool { return n.Schema == l.pair.Database && slices.Contains(tables, n.Table) }
	compare := func() *verify.Report {
		t.Helper()
		r, err := verify.Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	repair := func(what string) {
		t.Helper()
		r := compare()
		count, err := verify.Repair(t.Context(), cfg, verify.SourceToTarget, r)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, note := range notes(r) {
			if !strings.HasSuffix(note, " repaired") {
				t.Errorf("%s: %.200s", what, note)
			}
		}
		repaired += int(count.Done)
		l.pair.RequireEqual(t)
	}
	for _, table := range tables {
		l.onTarget("DELETE FROM " + schema.Quote(table))
	}
	repair("missing rows")
	for _, table := range tables {
		l.null(table)
	}
	repair("values for NULL")

	for _, table := range tables {
		l.null(table)
	}
	var file bytes.Buffer
	if _, err := verify.WriteRepairSQL(&file, compare(), verify.TargetToSource, false); err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice does no harm
		l.client(l.pair.Source, file.Bytes())
		l.pair.RequireEqual(t)
	}
	return repaired
}

// keyed are the tables whose rows a repair can name.
func (l *lab) keyed() (names []string) {
	l.t.Helper()
	tables, err := catalog.Load(l.t.Context(), l.source, func(n schema.Name) bool { return n.Schema == l.pair.Database })
	if err != nil {
		l.t.Fatal(err)
	}
	var triggered []string
	l.rows(l.source, "SELECT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=DATABASE()", &triggered)
	for _, table := range tables {
		if slices.Contains(triggered, table.Table) {
			continue
		}
		if _, ok := chunk.Of(table); ok && table.RowKey().Primary {
			names = append(names, table.Table)
		}
	}
	return names
}

// null sets all columns of a table to NULL that may be, on the target.
func (l *lab) null(table string) {
	l.t.Helper()
	var sets []string
	l.rows(l.target, "SELECT CONCAT('`',REPLACE(COLUMN_NAME,'`','``'),'`=NULL') FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=DATABASE() AND IS_NULLABLE='YES'"+
		" AND GENERATION_EXPRESSION='' AND COLUMN_KEY<>'PRI' AND TABLE_NAME='"+strings.ReplaceAll(table, "'", "''")+"'", &sets)
	for _, set := range sets {
		// A column that a key is generated from can not be NULL in all rows.
		if _, err := l.target.ExecContext(l.t.Context(), "UPDATE "+schema.Quote(table)+" SET "+set); err != nil {
			l.t.Logf("%s of %s: %v", set, table, err)
		}
	}
}

// client runs a file by MySQL's own client.
func (l *lab) client(server *sandbox.Server, file []byte) {
	l.t.Helper()
	command, err := server.Client(context.Background(), "--binary-mode")
	if err != nil {
		l.t.Fatal(err)
	}
	command.Stdin = bytes.NewReader(file)
	if out, err := command.CombinedOutput(); err != nil {
		l.t.Fatalf("run the file: %v: %s\n%.4000s", err, out, file)
	}
}

// repairCases reads the tables and the rows of the type table.
func repairCases(t *testing.T, version string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../testdata/types/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/types: %v", err)
	}
	cases := map[string][]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		head, _, _ := strings.Cut(text, "-- schema")
		_, versions, _ := strings.Cut(head, "-- versions:")
		versions, _, _ = strings.Cut(versions, "\n")
		before, _, _ := strings.Cut(strings.TrimPrefix(text, head), "-- during")
		if !strings.Contains(versions, version) || !strings.Contains(head, "expect: equal") || strings.Contains(before, "x_{{db}}") || strings.Contains(before, "Reader::") {
			continue
		}
		var statements []string
		statement := ""
		for l := range strings.SplitSeq(before, "\n") {
			if strings.HasPrefix(l, "-- ") || strings.TrimSpace(l) == "" {
				continue
			}
			statement += l + "\n"
			if strings.HasSuffix(l, ";") {
				statements = append(statements, strings.TrimSuffix(statement, ";\n"))
				statement = ""
			}
		}
		cases[strings.TrimSuffix(filepath.Base(file), ".sql")] = statements
	}
	return cases
}
