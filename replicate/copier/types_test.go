package copier_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate/copier"
)

// TestTypesAreCopiedExactly copies what the cases of the type table have before
// anything happens to it, with LOAD DATA and with INSERT.
func TestTypesAreCopiedExactly(t *testing.T) {
	for _, version := range []sandbox.Version{sandbox.Any, sandbox.V56} {
		name := "9.7"
		shared := sandboxtest.Shared
		if version == sandbox.V56 {
			name, shared = "5.6", sandboxtest.Shared56
		}
		for _, method := range []string{"load", "insert", "no json_table"} {
			if name == "5.6" && method != "load" {
				continue
			}
			t.Run(name+" "+method, func(t *testing.T) {
				for _, c := range typeCases(t, name) {
					if name == "5.6" && c.name == "large_values" {
						continue // its redo log is too small for them
					}
					if method == "no json_table" && (!strings.HasPrefix(c.name, "json") || c.name == "json_update") {
						continue
					}
					t.Run(c.name, func(t *testing.T) {
						t.Parallel()
						pair := shared(t)
						l := newLab(t, pair, c.statements(pair.Database)...)
						l.change = func(cfg *copier.Config) {
							cfg.NoLoadData = method == "insert"
							cfg.NoJSONTable = method == "no json_table"
						}
						if _, err := l.copyAll(); err != nil {
							t.Fatal(err)
						}
						l.requireEqual()
					})
				}
			})
		}
	}
}

// typeCase is what the copy finds in one file of testdata/types.
type typeCase struct {
	name string
	sql  []string
}

func (c typeCase) statements(database string) []string {
	out := []string{"SET NAMES utf8mb4", "SET sql_mode='NO_ENGINE_SUBSTITUTION'", "SET time_zone='+00:00'"}
	for _, sql := range c.sql {
		sql = strings.ReplaceAll(sql, "{{db}}", database)
		out = append(out, strings.ReplaceAll(sql, "{{hex}}", "00c0ffee0000"))
	}
	return out
}

// aboutTypes are the cases whose rows are worth copying; the others are about what
// happens to rows.
var aboutTypes = regexp.MustCompile(`^(all_|auto|binary|bit|chars|compressed|dates|dec|enum|float|gen|geo|inv|json|key|large|names|nulls|part|text|time|uns|vector|wide)`)

func typeCases(t *testing.T, version string) []typeCase {
	files, err := filepath.Glob("../../testdata/types/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/types: %v", err)
	}
	var out []typeCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := typeCase{name: strings.TrimSuffix(filepath.Base(file), ".sql")}
		fits, section, statement := false, "", ""
		for line := range strings.SplitSeq(string(text), "\n") {
			comment, isComment := strings.CutPrefix(line, "-- ")
			switch {
			case isComment && strings.HasPrefix(comment, "versions:"):
				fits = strings.Contains(comment, version)
			case isComment && strings.HasPrefix(comment, "expect:") && !strings.Contains(comment, "equal"):
				fits = fits && !strings.Contains(comment, "at start")
			case isComment && !strings.Contains(comment, " "):
				section = comment
			case isComment || strings.TrimSpace(line) == "" && statement == "":
			case section == "schema" || section == "before":
				statement += line + "\n"
				if strings.HasSuffix(line, ";") {
					c.sql = append(c.sql, strings.TrimSuffix(statement, ";\n"))
					statement = ""
				}
			}
		}
		if aboutTypes.MatchString(c.name) && fits && !strings.Contains(strings.Join(c.sql, ""), "Reader::") && !strings.Contains(string(text), "x_{{db}}") {
			out = append(out, c)
		}
	}
	return out
}
