package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/cmd/internal/render"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/verify"
	"tandem/verify/schemadiff"
)

// fakeVerifier answers from a script and remembers what it was asked.
type fakeVerifier struct {
	state       linkState
	report      *verify.Report
	rounds      []*verify.Report
	definition  *render.SchemaReport
	err         error
	repairs     verify.RepairCount
	cfg         verify.Config
	definitionC schemadiff.Config
	direction   verify.Direction
	late        bool
	repairFails error
	owned       []string // tables that the target owns
}

func (f *fakeVerifier) link(context.Context, replicate.Config) (linkState, error) {
	s := f.state
	s.close = func() {}
	return s, nil
}

func (f *fakeVerifier) rows(_ context.Context, cfg verify.Config) (*verify.Report, error) {
	f.cfg = cfg
	if f.err != nil {
		return nil, f.err
	}
	for _, n := range []schema.Name{{Schema: "courier", Table: "orders"}, {Schema: "courier", Table: "legs"}} {
		cfg.Tables(n)
	}
	cfg.Progress(verify.Progress{Tables: 2, Rows: 5, RowsEstimated: 10, Table: "courier.orders"})
	return f.report, nil
}

func (f *fakeVerifier) since(ctx context.Context, cfg verify.Config, _ verify.Logs, _ change.GTIDSet) (*verify.Report, error) {
	return f.rows(ctx, cfg)
}

func (f *fakeVerifier) touched(ctx context.Context, cfg verify.Config, _ verify.Logs) (*verify.Report, error) {
	return f.rows(ctx, cfg)
}

func (f *fakeVerifier) watch(_ context.Context, _ verify.Config, _ verify.Logs, each func(*verify.Report)) error {
	for _, r := range f.rounds {
		each(r)
	}
	return f.err
}

func (f *fakeVerifier) definitions(_ context.Context, _ verify.Config, c schemadiff.Config) (*render.SchemaReport, error) {
	f.definitionC = c
	return f.definition, f.err
}

func (f *fakeVerifier) pending(context.Context, replicate.Config, verify.Changes) (bool, error) {
	return f.late, nil
}

func (f *fakeVerifier) targetOwns(context.Context, verify.Config) (func(schema.Name) bool, error) {
	return func(n schema.Name) bool { return slices.Contains(f.owned, n.Table) }, nil
}

func (f *fakeVerifier) marked(context.Context, mysqldb.Endpoint) (bool, error) { return true, nil }

func (f *fakeVerifier) repair(_ context.Context, _ verify.Config, d verify.Direction, r *verify.Report) (verify.RepairCount, error) {
	f.direction = d
	if f.repairFails != nil {
		return f.repairs, f.repairFails
	}
	for i := range r.Tables {
		for n := range r.Tables[i].Findings {
			r.Tables[i].Findings[n].Repaired = true
		}
	}
	return f.repairs, f.err
}

type fakeLink struct{ verify.Link }

// found is a report about two tables.
func found(c verify.Counts, findings ...verify.Finding) *verify.Report {
	r := &verify.Report{Version: 1, Migration: "courier", Mode: "full", Tables: []verify.TableResult{
		{Schema: "courier", Table: "legs"}, {Schema: "courier", Table: "orders", Counts: c, Findings: findings},
	}}
	r.Totals = verify.Totals{Tables: 2, Rows: 5, Counts: c}
	r.Judge(false)
	return r
}

// runFake runs tandem verify on a fake, in a folder of its own.
func runFake(t *testing.T, f *fakeVerifier, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tandem.yaml")
	text := "version: 1\nmigration: courier\nsource: {host: 127.0.0.1, port: 1, user: u}\ntarget: {host: 127.0.0.1, port: 2, user: u}\n" +
		"tables: {include: [\"courier.*\"]}\ngroups: {reports: [\"courier.report_*\"]}\nreplicate: {spool: {dir: \"" + t.TempDir() + "\"}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, err strings.Builder
	a := newApp(Process{Env: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err})
	a.verifier = f
	root := newRootCommand(a)
	root.SetArgs(append([]string{"--config", file, "verify"}, args...))
	failed := root.ExecuteContext(t.Context())
	if failed != nil {
		a.report(failed)
	}
	return exitCode(failed), out.String(), err.String()
}

func TestVerifyEnds(t *testing.T) {
	t.Parallel()
	link := linkState{link: fakeLink{}}
	missing := verify.Finding{Class: verify.Missing, Key: "7"}
	for _, test := range []struct {
		name   string
		fake   fakeVerifier
		args   []string
		code   int
		stderr []string
	}{
		{"parity", fakeVerifier{state: link, report: found(verify.Counts{})}, nil, 0, []string{"comparing, 0 of 2 tables, 5 rows (50%)"}},
		{"mismatch", fakeVerifier{state: link, report: found(verify.Counts{Missing: 1}, missing)}, nil, 3, []string{"not equal: 1 row in 1 table"}},
		{"mismatch while the target is behind", fakeVerifier{state: linkState{behind: 4}, report: found(verify.Counts{Missing: 1}, missing)}, nil, 3,
			[]string{"hint: no link is running", "the source's last 4 transactions"}},
		{"unresolved", fakeVerifier{state: link, report: found(verify.Counts{Unresolved: 2})}, nil, 5, []string{"2 rows unresolved", "hint: rows that are written to all the time"}},
		{"collation only", fakeVerifier{report: found(verify.Counts{CollationOnly: 1})}, nil, 3, nil},
		{"collation only, allowed", fakeVerifier{report: found(verify.Counts{CollationOnly: 1})}, []string{"--allow-collation-only"}, 0, nil},
		{"no table", fakeVerifier{report: &verify.Report{Mode: "full"}}, nil, 5, []string{"no table was compared", "hint: tandem config show"}},
		{"nothing touched", fakeVerifier{report: &verify.Report{Mode: "touched"}}, []string{"--touched"}, 0, nil},
		{"since", fakeVerifier{report: found(verify.Counts{})}, []string{"--since-gtid", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"}, 0, nil},
		{"nothing proven", fakeVerifier{err: verify.ErrNothingProven}, []string{"--touched"}, 5, []string{"hint: run tandem verify once without"}},
		{"preparing", fakeVerifier{state: linkState{preparing: true}}, nil, 5, []string{"still preparing", "hint: tandem status"}},
		{"copying", fakeVerifier{state: linkState{link: fakeLink{}, copying: map[string]string{"courier.orders": "copying"}}, report: found(verify.Counts{})}, nil, 5, []string{"1 table skipped"}},
		{"failed", fakeVerifier{err: errors.New("disk full")}, nil, 1, []string{"tandem: disk full"}},
		{"away", fakeVerifier{err: &mysqldb.UnreachableError{Endpoint: mysqldb.Endpoint{Name: "source db"}, Err: errors.New("x")}}, nil, 10, nil},
		{"repaired", fakeVerifier{report: found(verify.Counts{Missing: 1}, missing), repairs: verify.RepairCount{Done: 1}}, []string{"--repair", "--confirm", "courier"}, 0,
			[]string{"1 row repaired and compared again"}},
		{"repair of what may be late", fakeVerifier{state: linkState{behind: 2}, late: true, report: found(verify.Counts{Missing: 1}, missing)}, []string{"--repair", "--confirm", "courier"}, 3,
			[]string{"nothing was repaired: no link is running, and the target lacks changes", "hint: tandem replicate brings them"}},
		{"repair at rest", fakeVerifier{state: linkState{behind: 2}, report: found(verify.Counts{Missing: 1}, missing), repairs: verify.RepairCount{Done: 1}}, []string{"--repair", "--confirm", "courier"}, 0, nil},
		{"a repair that fails", fakeVerifier{report: found(verify.Counts{Missing: 1}, missing), repairFails: errors.New("gone")}, []string{"--repair", "--confirm", "courier"}, 3, []string{"gone"}},
		{"nothing to repair", fakeVerifier{report: found(verify.Counts{})}, []string{"--repair", "--confirm", "courier"}, 0, []string{"there is nothing to repair"}},
		{"a file that can not be written", fakeVerifier{report: found(verify.Counts{Missing: 1}, missing)}, []string{"--html", "/dev/null/x"}, 2, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := runFake(t, &test.fake, test.args...)
			if code != test.code {
				t.Errorf("ended with %d, want %d\n%s%s", code, test.code, stdout, stderr)
			}
			for _, want := range test.stderr {
				if !strings.Contains(stderr, want) {
					t.Errorf("no %q in %s", want, stderr)
				}
			}
		})
	}
}

func TestVerifyLeavesOutWhatIsBeingCopied(t *testing.T) {
	t.Parallel()
	f := &fakeVerifier{state: linkState{copying: map[string]string{"courier.orders": "copying"}}, report: &verify.Report{
		Mode: "full", Tables: []verify.TableResult{{Schema: "courier", Table: "zones"}, {Schema: "courier", Table: "legs"}}}}
	_, stdout, _ := runFake(t, f, "-o", "json")
	var r verify.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, table := range r.Tables {
		got = append(got, strings.TrimSpace(table.Table+" "+table.Skipped))
	}
	if diff := cmp.Diff([]string{"legs", "orders its copy is not done (copying)", "zones"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if r.Outcome != verify.Inconclusive || f.cfg.Tables(schema.Name{Schema: "courier", Table: "orders"}) {
		t.Error("a table that is being copied was compared")
	}
}

func TestVerifyScope(t *testing.T) {
	t.Parallel()
	f := &fakeVerifier{report: found(verify.Counts{})}
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "legs orders report_day"},
		{[]string{"--groups", "reports"}, "report_day"},
		{[]string{"--groups", "default"}, "legs orders"},
		{[]string{"--tables", "courier.o*,courier.report_day"}, "orders report_day"},
		{[]string{"--tables", "*.o*", "--groups", "reports"}, ""},
	} {
		runFake(t, f, test.args...)
		var got []string
		for _, name := range []string{"legs", "orders", "report_day"} {
			if f.cfg.Tables(schema.Name{Schema: "courier", Table: name}) {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%v: -want +got\n%s", test.args, diff)
		}
		if f.cfg.Tables(schema.Name{Schema: "other", Table: "orders"}) {
			t.Errorf("%v: a table that does not move", test.args)
		}
	}
}

// TestVerifyFiles: files are there whatever the outcome, whole, and the repair
// is for its owner's eyes only.
func TestVerifyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := &fakeVerifier{report: found(verify.Counts{Missing: 1}, verify.Finding{Class: verify.Missing, Key: "7"})}
	path := func(name string) string { return filepath.Join(dir, name) }
	code, _, stderr := runFake(t, f, "--junit", path("v.xml"), "--sarif", path("v.sarif"), "--html", path("v.html"), "--repair-sql", path("r.sql"), "--github",
		"--direction", "target-to-source", "--log-format", "json", "--log-level", "warn")
	if code != exitMismatch {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	for _, name := range []string{"v.xml", "v.sarif", "v.html", "r.sql"} {
		info, err := os.Stat(path(name))
		if err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if name == "r.sql" && err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	for _, want := range []string{"::error title=tandem%3A courier.orders::", `"exit_code":3`, "to be run on the source; for 1 row there are none"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %s", want, stderr)
		}
	}
}

// TestVerifyRepairsFromTheOwner: without a word about the direction rows are made
// like those of the side that owns the table.
func TestVerifyRepairsFromTheOwner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		owned []string
		args  []string
		want  verify.Direction
		code  int
	}{
		{nil, nil, verify.SourceToTarget, exitDone},
		{[]string{"legs"}, nil, verify.SourceToTarget, exitDone}, // nothing of it differs
		{[]string{"orders"}, nil, verify.TargetToSource, exitDone},
		{[]string{"orders"}, []string{"--direction", "source-to-target"}, verify.SourceToTarget, exitDone},
	} {
		f := &fakeVerifier{owned: c.owned, report: found(verify.Counts{Missing: 1}, verify.Finding{Class: verify.Missing, Key: "7"})}
		code, _, stderr := runFake(t, f, append([]string{"--repair", "--confirm", "courier"}, c.args...)...)
		if f.direction != c.want || code != c.code {
			t.Errorf("of %v, with %v, it is repaired %s and ended with %d: %s", c.owned, c.args, f.direction, code, stderr)
		}
	}
	r := found(verify.Counts{Missing: 1}, verify.Finding{Class: verify.Missing, Key: "7"})
	r.Tables[0].Findings, r.Tables[0].Counts = r.Tables[1].Findings, r.Tables[1].Counts
	f := &fakeVerifier{owned: []string{"orders"}, report: r}
	code, _, stderr := runFake(t, f, "--repair", "--confirm", "courier")
	if f.direction != "" || code == exitDone || !strings.Contains(stderr, "each is repaired from its owner") {
		t.Errorf("tables of two owners were repaired %s, ended with %d: %s", f.direction, code, stderr)
	}
}

func TestVerifyWatch(t *testing.T) {
	t.Parallel()
	missing := verify.Finding{Class: verify.Missing, Key: "7"}
	bad := func() *verify.Report { return found(verify.Counts{Missing: 1}, missing) }
	f := &fakeVerifier{rounds: []*verify.Report{found(verify.Counts{}), bad(), bad(), found(verify.Counts{}), found(verify.Counts{})}}
	code, stdout, _ := runFake(t, f, "--watch", "-o", "csv")
	if code != 0 {
		t.Errorf("ended with %d", code)
	}
	// Once when it is found, and once when it is gone.
	if got := strings.Count(stdout, "outcome,class,"); got != 2 {
		t.Errorf("%d results:\n%s", got, stdout)
	}
	if got := strings.Count(stdout, "courier.orders,7"); got != 1 {
		t.Errorf("the finding is told %d times:\n%s", got, stdout)
	}
}

func TestVerifySchema(t *testing.T) {
	t.Parallel()
	r := &render.SchemaReport{Migration: "courier", Findings: []schemadiff.Finding{{ID: "x", Severity: schemadiff.Mismatch, Kind: schemadiff.Table, Object: "courier.orders", What: "it differs"}}}
	r.Settle()
	f := &fakeVerifier{state: linkState{link: fakeLink{}}, definition: r}
	code, stdout, stderr := runFake(t, f, "--schema", "--account", "app@%=app_rails@10.%", "--account", "old=", "--ignore-account", "backup")
	if code != exitMismatch || !strings.Contains(stdout, "table courier.orders: it differs") || !strings.Contains(stderr, "1 definition differs") {
		t.Errorf("ended with %d\n%s%s", code, stdout, stderr)
	}
	want := map[string]string{"app@%": "app_rails@10.%", "old": ""}
	if diff := cmp.Diff(want, f.definitionC.Accounts); diff != "" || !f.definitionC.Linked || !f.definitionC.Schemas("courier") || f.definitionC.Schemas("other") {
		t.Errorf("asked for %+v: %s", f.definitionC, diff)
	}
	r.Findings[0].Severity = schemadiff.Warn
	r.Settle()
	if code, _, _ := runFake(t, f, "--schema"); code != exitDone {
		t.Errorf("what is only to be looked at ended with %d", code)
	}
	r.Findings[0].Unchecked = true
	r.Settle()
	if code, _, _ := runFake(t, f, "--schema"); code != exitInconclusive {
		t.Errorf("what could not be compared ended with %d", code)
	}
}
