package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/plans"
)

// TestPlanOnASource lints and shows a plan against a real source, whose tables
// tell whether groups are closed and go into the digest.
func TestPlanOnASource(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	db := pair.SourceDB(t)
	sandboxtest.Exec(t, db,
		"CREATE TABLE users (id INT PRIMARY KEY)",
		"CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES users (id))")
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	settings := fmt.Sprintf(`version: 1
migration: courier
source: {host: %s, port: %d, user: %s, password: {env: SOURCE_PW}}
target: {host: 127.0.0.1, port: 1, user: tandem, password: {env: SOURCE_PW}}
tables: {include: ["%s.*"]}
groups: {orders: ["%s.order*"]}
`, pair.Source.Host(), pair.Source.Port, sandbox.UserTandem, pair.Database, pair.Database)
	cfg := file("tandem.yaml", settings)
	plan := file("plan.yaml", `version: 1
name: courier
defaults: {approve: {within: 1h}, gates: {timeout: 1m, parity: {within: 1m}}, pause_budget: 3s}
stages: [{name: a, handover: [orders]}, {name: b, handover: ["*"]}]
`)
	run := func(args ...string) (code int, out, messages string) {
		var stdout, stderr bytes.Buffer
		env := func(name string) string {
			if name == "SOURCE_PW" {
				return pair.Source.Password()
			}
			return ""
		}
		code = Main(Process{
			Args: append(args, "-c", cfg, "--no-input"), Env: env, LookupEnv: func(name string) (string, bool) { return env(name), env(name) != "" },
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		})
		return code, stdout.String(), stderr.String()
	}
	code, out, messages := run("plan", "lint", plan)
	if code != exitUsage || !strings.Contains(out, "group orders is not closed: foreign key buyer of "+pair.Database+".orders leads to "+pair.Database+".users of group default") {
		t.Errorf("lint ended with %d\n%s%s", code, out, messages)
	}
	if code, out, messages := run("plan", "show", plan); code != exitUsage || out != "" || !strings.Contains(messages, "is not closed") {
		t.Errorf("show ended with %d\n%s%s", code, out, messages)
	}

	cfg = file("tandem.yaml", strings.Replace(settings, "groups: {", fmt.Sprintf("groups: {users: [%q], ", pair.Database+".none"), 1))
	sandboxtest.Exec(t, db, "ALTER TABLE orders DROP FOREIGN KEY buyer")
	if code, out, messages := run("plan", "lint", plan); code != exitDone {
		t.Errorf("lint ended with %d\n%s%s", code, out, messages)
	}
	digest := func() plans.Digest {
		t.Helper()
		code, out, messages := run("plan", "show", plan, "-o", "json")
		var shown shownPlan
		if err := json.Unmarshal([]byte(out), &shown); code != exitDone || err != nil {
			t.Fatalf("show ended with %d, %v\n%s%s", code, err, out, messages)
		}
		return shown.Digest
	}
	was := digest()
	if drift := was.Drift(digest()); len(drift) > 0 {
		t.Errorf("nothing was changed, but %v", drift)
	}
	sandboxtest.Exec(t, db, "ALTER TABLE orders ADD COLUMN note TEXT")
	if drift := was.Drift(digest()); len(drift) != 1 || drift[0].String() != "table "+pair.Database+".orders has changed" {
		t.Errorf("drift is %v", drift)
	}
}
