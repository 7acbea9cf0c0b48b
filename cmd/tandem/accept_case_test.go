package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// casesDir holds the type table of the project: one file per line or family of
// it. testdata/types/README.md documents the format.
const casesDir = "../../testdata/types"

// typeCase is one file of the type table.
type typeCase struct {
	name     string // of the file, without .sql
	title    string
	versions []string
	expect   expectation
	// refusal is what the message must say, where a refusal is expected.
	refusal string
	// notBeside says why the case can not run while its tables are copied.
	notBeside string

	schema, before, during, refused []step
}

// expectation is how a case ends.
type expectation string

const (
	arrivesEqual   expectation = "equal"
	refusedAtStart expectation = "refused at start"
	refusedAtEvent expectation = "refused at event"
)

// step is one statement of a case.
type step struct {
	session string
	sql     string
	// fails is the server's error that the statement must end with, 0 for none.
	fails int
}

// in returns the statement for one database. Cases name their database
// {{db}}, and {{hex}} stands for twelve hexadecimal digits of its own.
func (s step) in(database string) string {
	digest := fnv.New64a()
	digest.Write([]byte(database))
	return strings.NewReplacer(
		"{{db}}", database,
		"{{hex}}", fmt.Sprintf("%012x", digest.Sum64()>>16),
	).Replace(s.sql)
}

// runsOn tells whether the case is for a source of the version.
func (c typeCase) runsOn(version string) bool { return slices.Contains(c.versions, version) }

// loadCases reads the whole type table.
func loadCases(t testing.TB) []typeCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(casesDir, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no cases in %s", casesDir)
	}
	var cases []typeCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseCase(strings.TrimSuffix(filepath.Base(file), ".sql"), string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases = append(cases, c)
	}
	return cases
}

// parseCase reads one file.
func parseCase(name, text string) (typeCase, error) {
	c := typeCase{name: name}
	sections := map[string]*[]step{"schema": &c.schema, "before": &c.before, "during": &c.during, "refused": &c.refused}
	var current *[]step
	var statement []string
	next := step{session: "main"}
	for number, line := range strings.Split(text, "\n") {
		comment, isComment := strings.CutPrefix(line, "-- ")
		switch {
		case len(statement) > 0:
			statement = append(statement, line)
		case strings.TrimSpace(line) == "":
		case isComment && sections[comment] != nil:
			current = sections[comment]
			next = step{session: "main"}
		case isComment && current == nil:
			if err := c.header(comment); err != nil {
				return c, fmt.Errorf("line %d: %w", number+1, err)
			}
		case isComment:
			if err := next.directive(comment); err != nil {
				return c, fmt.Errorf("line %d: %w", number+1, err)
			}
		case current == nil:
			return c, fmt.Errorf("line %d: a statement stands before the first section", number+1)
		default:
			statement = append(statement, line)
		}
		if len(statement) > 0 && strings.HasSuffix(strings.TrimSpace(line), ";") {
			next.sql = strings.TrimSuffix(strings.TrimSpace(strings.Join(statement, "\n")), ";")
			*current = append(*current, next)
			next.fails, statement = 0, nil
		}
	}
	if len(statement) > 0 {
		return c, fmt.Errorf("the last statement has no end: %s", statement[0])
	}
	return c, c.check()
}

// header reads one "-- key: value" line of a file's head.
func (c *typeCase) header(comment string) error {
	key, value, found := strings.Cut(comment, ": ")
	if !found {
		return fmt.Errorf("%q is no header", comment)
	}
	switch key {
	case "case":
		c.title = value
	case "why":
	case "versions":
		c.versions = strings.Split(value, ", ")
	case "not beside":
		c.notBeside = value
	case "expect":
		how, refusal, _ := strings.Cut(value, ": ")
		c.expect, c.refusal = expectation(how), refusal
	default:
		return fmt.Errorf("unknown header %q", key)
	}
	return nil
}

// directive reads a comment inside a section: some of them are meant for us.
func (s *step) directive(comment string) error {
	word, rest, _ := strings.Cut(comment, " ")
	switch word {
	case "session":
		s.session = rest
	case "fails":
		code, err := strconv.Atoi(rest)
		if err != nil {
			return fmt.Errorf("fails wants an error number: %w", err)
		}
		s.fails = code
	}
	return nil
}

func (c typeCase) check() error {
	for _, version := range c.versions {
		if version != "5.6" && version != "9.7" {
			return fmt.Errorf("unknown version %q", version)
		}
	}
	switch {
	case c.title == "":
		return fmt.Errorf("no case header")
	case len(c.versions) == 0:
		return fmt.Errorf("no versions header")
	case len(c.schema) == 0:
		return fmt.Errorf("no schema section")
	case c.expect == arrivesEqual && (c.refusal != "" || len(c.refused) > 0 || len(c.during) == 0):
		return fmt.Errorf("a case that expects equal has statements in during, none in refused, and no reason")
	case c.expect == refusedAtStart && (c.refusal == "" || len(c.refused) > 0):
		return fmt.Errorf("a case that is refused at start has a reason and no refused section")
	case c.expect == refusedAtEvent && (c.refusal == "" || len(c.refused) == 0):
		return fmt.Errorf("a case that is refused at an event has a reason and a refused section")
	case c.expect != arrivesEqual && c.expect != refusedAtStart && c.expect != refusedAtEvent:
		return fmt.Errorf("unknown expectation %q", c.expect)
	}
	return nil
}

func TestParseCase(t *testing.T) {
	t.Parallel()
	head := "-- case: x\n-- versions: 5.6, 9.7\n-- expect: equal\n\n-- schema\nCREATE TABLE a (\n  id INT\n);\n"
	c, err := parseCase("x", head+"-- during\n-- words\nBEGIN;\n-- session b\n-- fails 1062\nINSERT INTO {{db}}.a\nVALUES (1);\nCOMMIT;\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []step{{"main", "BEGIN", 0}, {"b", "INSERT INTO {{db}}.a\nVALUES (1)", 1062}, {"b", "COMMIT", 0}}
	if !slices.Equal(c.during, want) {
		t.Errorf("during is %+v, want %+v", c.during, want)
	}
	if got := c.during[1].in("t_x"); got != "INSERT INTO t_x.a\nVALUES (1)" {
		t.Errorf("in the database t_x the statement is %q", got)
	}
	for _, bad := range []string{
		"", "-- cases: x\n", head, head + "-- during\nSELECT 1\n", "SELECT 1;\n" + head,
		strings.Replace(head, "5.6", "5.5", 1) + "-- during\nSELECT 1;\n",
		strings.Replace(head, "equal", "refused at event: x", 1) + "-- during\nSELECT 1;\n",
		head + "-- during\n-- fails often\nSELECT 1;\n",
	} {
		if _, err := parseCase("bad", bad); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}
