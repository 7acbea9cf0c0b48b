package plans

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tandem/internal/config"
	"tandem/internal/golden"
	"tandem/internal/schema"
)

const settings = `version: 1
migration: courier
source: {host: 10.0.0.1, user: tandem, password: {env: SOURCE_PW}}
target: {host: 10.0.0.2, user: tandem, password: {env: TARGET_PW}}
tables: {include: ["courier.*"]}
groups:
  orders: ["courier.order*"]
  reports: ["courier.report_*"]
  archive: ["courier.archive_*"]
`

// inClouds are settings whose servers are in the clouds.
var inClouds = strings.NewReplacer("host: 10.0.0.1", `cloudsql: {instance: "my-project:asia-northeast1:courier"}`,
	"host: 10.0.0.2", "aurora: {cluster: courier, region: ap-northeast-1}").Replace(settings)

func configuration(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("tandem.yaml", []byte(text), func(string) string { return "" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// fixed is a catalog with these tables, or without an answer.
type fixed struct {
	tables []*schema.Table
	err    error
}

func (f fixed) Tables(context.Context) ([]*schema.Table, error) { return f.tables, f.err }

// table makes a table whose foreign keys lead to the parents.
func table(name string, parents ...string) *schema.Table {
	t := &schema.Table{Name: schema.Name{Schema: "courier", Table: name}, Fingerprint: "of " + name}
	for _, p := range parents {
		t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{Name: name + "_" + p, Parent: schema.Name{Schema: "courier", Table: p}})
	}
	return t
}

// closed are tables whose groups are closed.
func closed() []*schema.Table {
	return []*schema.Table{table("orders"), table("order_item", "orders", "order_item"), table("report_day"), table("users"), table("sessions", "users", "elsewhere"), table("archive_2020")}
}

func lint(t *testing.T, file string, data []byte, around Surroundings) Report {
	t.Helper()
	p, list := Parse(file, data)
	if p == nil {
		t.Fatal(show(list))
	}
	r, err := Lint(t.Context(), p, list, around)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLint compares every finding of the files under testdata/lint with the
// file of the same name that ends with .want.
func TestLint(t *testing.T) {
	t.Parallel()
	// A foreign key between groups, one inside, one to what does not move; a
	// group without tables.
	tables := []*schema.Table{table("orders", "users"), table("order_item", "orders"), table("report_day", "orders"), table("users"), table("sessions", "elsewhere")}
	for _, file := range files(t, "testdata/lint/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			r := lint(t, "plan.yaml", read(t, file), Surroundings{Config: configuration(t, settings), Tables: fixed{tables: tables}})
			if len(r.Skipped) > 0 {
				t.Errorf("skipped: %v", r.Skipped)
			}
			golden.Equal(t, strings.TrimSuffix(file, ".yaml")+".want", show(r.Findings))
		})
	}
}

// TestEveryRule demands that each rule has found something in the files here
// (or, where files are not enough, in TestTableInTwoGroups and TestSlowFence).
func TestEveryRule(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, file := range files(t, "testdata/*/*.want") {
		all.Write(read(t, file))
	}
	for _, r := range Rules() {
		if r.ID != ruleTableTwice.ID && r.ID != ruleFenceSlow.ID && !strings.Contains(all.String(), "["+r.ID+"]") {
			t.Errorf("rule %s has found nothing in any file", r.ID)
		}
	}
}

// TestSlowFence has a fence on Cloud SQL that takes longer than the pause.
func TestSlowFence(t *testing.T) {
	t.Parallel()
	data := strings.Replace(string(read(t, "testdata/ok/full.yaml")), "pause_budget: 90s", "pause_budget: 30s", 1)
	for text, want := range map[string]bool{inClouds: true, settings: false} {
		r := lint(t, "testdata/ok/full.yaml", []byte(data), Surroundings{Config: configuration(t, text), Tables: fixed{tables: closed()}})
		if got := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.ID == ruleFenceSlow.ID }); got != want {
			t.Errorf("found: %v, want %v\n%s", got, want, show(r.Findings))
		}
	}
}

// TestTableInTwoGroups has patterns of which only the tables tell that they
// overlap.
func TestTableInTwoGroups(t *testing.T) {
	t.Parallel()
	cfg := configuration(t, strings.Replace(settings, `"courier.archive_*"`, `"courier.*_archive"`, 1))
	r := lint(t, "testdata/ok/full.yaml", read(t, "testdata/ok/full.yaml"), Surroundings{Config: cfg, Tables: fixed{tables: append(closed(), table("order_archive"))}})
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.ID == ruleTableTwice.ID })
	if i < 0 || r.Findings[i].Message != "table courier.order_archive is in the groups archive and orders" {
		t.Errorf("findings are\n%s", show(r.Findings))
	}
}

func TestFineFiles(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "testdata/ok/*.yaml") {
		r := lint(t, file, read(t, file), Surroundings{Config: configuration(t, inClouds), Tables: fixed{tables: closed()}})
		if len(r.Findings)+len(r.Skipped) > 0 {
			t.Errorf("findings are\n%s%v", show(r.Findings), r.Skipped)
		}
	}
}

func TestLintSkips(t *testing.T) {
	t.Parallel()
	data := read(t, "testdata/ok/full.yaml")
	cfg := configuration(t, settings)
	for name, test := range map[string]struct {
		around Surroundings
		checks []string
	}{
		"no tandem.yaml":  {Surroundings{WhyNot: "gone"}, []string{checkGroups, checkTables}},
		"no server":       {Surroundings{Config: cfg, WhyNot: "gone"}, []string{checkTables}},
		"a server's fail": {Surroundings{Config: cfg, Tables: fixed{err: errors.New("gone")}}, []string{checkTables}},
	} {
		r := lint(t, "plan.yaml", data, test.around)
		var checks []string
		for _, s := range r.Skipped {
			checks = append(checks, s.Check)
			if s.Why != "gone" {
				t.Errorf("%s: why is %q", name, s.Why)
			}
		}
		if !slices.Equal(checks, test.checks) {
			t.Errorf("%s: skipped are %v", name, checks)
		}
	}
	p, list := Parse("plan.yaml", data)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := Lint(ctx, p, list, Surroundings{Config: cfg, Tables: fixed{err: ctx.Err()}}); !errors.Is(err, stop) {
		t.Errorf("error is %v", err)
	}
}

func TestAsError(t *testing.T) {
	t.Parallel()
	_, list := Parse("plan.yaml", []byte("version: 1\nname: a\nstages: []\nx: y\n"))
	var problems *config.Problems
	if err := AsError(list); !errors.As(err, &problems) || len(problems.List) != 2 || !strings.Contains(err.Error(), "plan.yaml:4:1: x: unknown key\n    4 | x: y\n") {
		t.Errorf("error is %v", err)
	}
	if err := AsError([]Finding{{Severity: Warning}}); err != nil {
		t.Errorf("error is %v", err)
	}
}

// TestDocumentedRules demands that the page on plans lists every rule as it is.
func TestDocumentedRules(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/plans.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Rules() {
		if line := "| `" + r.ID + "` | " + string(r.Severity) + " | " + r.About + " |"; !strings.Contains(string(page), line) {
			t.Errorf("docs/plans.md lacks the line\n%s", line)
		}
	}
}
