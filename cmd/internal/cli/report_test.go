package cli

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tandem/internal/aws/awsfake"
	"tandem/internal/gcp/gcpfake"
	"tandem/plans/journal"
)

// runs writes a journal with a run that was done and one that has not ended.
func runs(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, ".tandem", "journal", "courier.jsonl")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 20, 24, 0, 0, time.UTC)
	now := func() time.Time {
		at = at.Add(time.Second)
		return at
	}
	j, _, err := journal.Open(t.Context(), slog.New(slog.DiscardHandler), now, journal.Named{Name: file, Store: journal.NewFile(file)})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []journal.Event{
		{Run: "r1", Kind: journal.RunBegun, Data: journal.Data{"mode": "handover", "plan": "courier", "digest": "5d1f0c3a9b7e00", "to": "target", "who": "<ann>@host"}},
		{Run: "r1", Kind: journal.StepBegun, Step: "orders/approve"},
		{Run: "r1", Kind: journal.Approval, Step: "orders/approve", Data: journal.Data{"who": "bob"}},
		{Run: "r1", Kind: journal.StepConfirmed, Step: "orders/approve", Data: journal.Data{"took": 3 * time.Second}},
		{Run: "r1", Kind: journal.GateResult, Step: "orders/lag", Data: journal.Data{"holds": false, "says": "9s behind"}},
		{Run: "r1", Kind: journal.StepBegun, Step: "orders/fence"},
		{Run: "r1", Kind: journal.StepConfirmed, Step: "orders/fence", Data: journal.Data{"took": 2 * time.Millisecond}},
		{Run: "r1", Kind: journal.StepBegun, Step: "orders/commit"},
		{Run: "r1", Kind: journal.StepConfirmed, Step: "orders/commit", Data: journal.Data{"took": time.Millisecond}},
		{Run: "r1", Kind: journal.StepBegun, Step: "orders/carry"},
		{Run: "r1", Kind: journal.StepConfirmed, Step: "orders/carry", Data: journal.Data{"took": 40 * time.Millisecond, "pause": 120 * time.Millisecond, "says": "writers waited 120ms"}},
		{Run: "r1", Kind: journal.RunEnded, Data: journal.Data{"outcome": "done"}},
		{Run: "r2", Kind: journal.RunBegun, Data: journal.Data{"mode": "handover", "plan": "courier", "to": "target"}},
		{Run: "r2", Kind: journal.StepBegun, Step: "rest/fence"},
		{Run: "r2", Kind: journal.StepUndone, Step: "rest/fence"},
	} {
		if _, err := j.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReport reads the journal's copy on this machine, as neither side can be
// reached, and puts reports into buckets of both clouds, each once.
func TestReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs(t, dir)
	cfg := filepath.Join(dir, "tandem.yaml")
	if err := os.WriteFile(cfg, []byte(`version: 1
migration: courier
source: {host: 127.0.0.1, port: 1, user: tandem, password: {env: PW}}
target: {host: 127.0.0.1, port: 2, user: tandem, password: {env: PW}}
tables: {include: ["courier.*"]}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	google, amazon := gcpfake.New(t), awsfake.New(t)
	google.Bucket("reports")
	amazon.AddBucket("reports")
	run := func(args ...string) (code int, out, messages string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		env := func(name string) string {
			if name == "PW" {
				return "secret-of-the-test"
			}
			return ""
		}
		code = Main(Process{
			Args: append(append([]string{"report"}, args...), "-c", cfg, "--no-input"), Env: env, LookupEnv: func(name string) (string, bool) { return env(name), name == "PW" },
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, GCP: google.Client(t), AWS: amazon.Client(t),
		})
		if strings.Contains(stdout.String()+stderr.String(), "secret-of-the-test") {
			t.Error("a password is said")
		}
		return code, stdout.String(), stderr.String()
	}
	code, out, messages := run("--run", "r1")
	for _, want := range []string{"run r1 of plan courier (handover to the target): done", "approved by bob", "writers waited 120ms", "orders/fence", "9s behind"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	if code != 0 || !strings.Contains(messages, "neither side's copy of the journal can be read") {
		t.Errorf("%d, %s", code, messages)
	}
	code, out, _ = run("--run", "r1", "-o", "json")
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatal(code, err)
	}
	s := r.Stages[0]
	if r.Migration != "courier" || len(r.Stages) != 1 || s.Pause != 0.12 || s.Handed.IsZero() || len(s.Steps) != 4 || s.Steps[1].Took != 0.002 || len(r.Findings) != 1 || r.Hash == "" {
		t.Errorf("got %+v", r)
	}
	code, out, _ = run("-o", "html", "--run", "r1")
	if code != 0 || !strings.HasPrefix(out, "<!DOCTYPE html>") || strings.Contains(out, "<ann>") || strings.Contains(out, "http://") {
		t.Errorf("%d, %s", code, out)
	}
	if code, out, _ = run(); code != 0 || !strings.Contains(out, "not ended") || !strings.Contains(out, "undone") {
		t.Errorf("the last run: %d, %s", code, out)
	}
	if code, _, messages = run("--run", "r9"); code != 1 || !strings.Contains(messages, "its runs are r1, r2") {
		t.Errorf("%d, %s", code, messages)
	}
	for _, to := range []string{"gs://reports/courier/", "s3://reports/courier?region=" + awsfake.Region} {
		if code, _, messages = run("--run", "r1", "--to", to); code != 0 || !strings.Contains(messages, "reports/courier/tandem-courier-r1.json") {
			t.Errorf("%s: %d, %s", to, code, messages)
		}
		if code, _, messages = run("--run", "r1", "--to", to); code != 1 || !strings.Contains(messages, "is never overwritten") {
			t.Errorf("%s twice: %d, %s", to, code, messages)
		}
		if code, _, messages = run("--to", to, "-o", "html"); code != 0 || !strings.Contains(messages, "tandem-courier-r2-unfinished-3.html") {
			t.Errorf("%s: %d, %s", to, code, messages)
		}
	}
	if kind, data, ok := google.Object("reports", "courier/tandem-courier-r1.json"); !ok || kind != "application/json" || !json.Valid(data) {
		t.Errorf("%v, %s: %s", ok, kind, data)
	}
}
