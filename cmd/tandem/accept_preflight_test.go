package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
)

// TestPreflight looks at a pair that is sound, and at one with several things in
// the way: all of them are told at once, and nothing is written.
func TestPreflight(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--binlog-row-image=MINIMAL"), sandboxtest.WithTargetArgs("--local-infile=0"))
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Source, ""),
		"CREATE DATABASE shop", "CREATE TABLE shop.item (id INT PRIMARY KEY)", "CREATE TABLE shop.old (id INT PRIMARY KEY) ENGINE=MyISAM")
	before := [2]string{position(t, pair.Source), position(t, pair.Target)}

	m := newMigration(t, pair, []string{"shop.*"})
	r := m.start("preflight", "-o", "json").want(4)
	var result struct {
		Version  int
		Checks   []struct{ ID string }
		Findings []struct{ ID, Severity, Side, What, Fix string }
		Blocks   int
	}
	if err := json.Unmarshal(r.stdout.Bytes(), &result); err != nil {
		t.Fatalf("%v: %s", err, r.stdout.String())
	}
	var got []string
	for _, f := range result.Findings {
		if f.Severity != "info" && f.Severity != "n/a" {
			got = append(got, f.Severity+" "+f.ID)
		}
		if f.Severity == "block" && (f.Fix == "" || f.What == "") {
			t.Errorf("%+v says too little", f)
		}
	}
	want := []string{"block binlog-row-image", "warn local-infile", "block table-engine"}
	if !slices.Equal(got, want) || result.Blocks != 2 || result.Version != 1 || len(result.Checks) < 80 {
		t.Errorf("found %q, want %q; %d blocks, %d checks", got, want, result.Blocks, len(result.Checks))
	}

	text := m.start("preflight").want(4)
	for _, say := range []string{"block  binlog-row-image: ", "fix  ", "2 block, 1 warn", " do not apply here; --all shows why"} {
		if !strings.Contains(text.stdout.String(), say) {
			t.Errorf("stdout does not say %q: %s", say, text.stdout.String())
		}
	}
	if say := "hint: do what the findings say"; !strings.Contains(text.stderr.String(), say) {
		t.Errorf("stderr does not say %q: %s", say, text.stderr.String())
	}
	if text := m.start("preflight", "--all").want(4); !strings.Contains(text.stdout.String(), "n/a    maintenance: not a Cloud SQL instance") {
		t.Errorf("stdout does not say what does not apply: %s", text.stdout.String())
	}
	xml := m.start("preflight", "-o", "junit", "--only", "schema").want(4)
	for _, say := range []string{`<testsuite name="schema"`, `failures="1"`, `<failure message="table-engine: tables are not in InnoDB" type="block">`} {
		if !strings.Contains(xml.stdout.String(), say) || strings.Contains(xml.stdout.String(), "local-infile") {
			t.Errorf("stdout does not say %q: %s", say, xml.stdout.String())
		}
	}
	m.start("preflight", "--only", "gtid-source,local-infile,network,rights,reverse").want(0)
	if r := m.start("preflight", "--only", "gtid-sorce").want(2); !strings.Contains(r.stderr.String(), "did you mean gtid-source?") {
		t.Errorf("stderr: %s", r.stderr.String())
	}
	if after := [2]string{position(t, pair.Source), position(t, pair.Target)}; after != before {
		t.Errorf("preflight has written: %v before, %v after", before, after)
	}
}
