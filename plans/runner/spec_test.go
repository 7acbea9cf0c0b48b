package runner

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tandem/plans"
	"tandem/plans/journal"
)

const everyKey = `version: 1
name: courier-to-aurora
stages:
  - name: reports
    handover: [reports]
    gates:
      timeout: 30m
      lag: {below: 1s}
      parity: {within: 10m}
      reverse: {canary: true}
      retention: {above: 24h}
      sql: [{name: none, side: source, query: "SELECT COUNT(*) FROM a.b", expect: "0s", timeout: 5s}]
      http: [{name: up, url: "http://127.0.0.1/ready", header_env: {X-Api-Key: APP_KEY, Authorization: APP_AUTH}, timeout: 5s}]
    snapshot: {source: true, timeout: 1h}
    pause_budget: 3s
    fence: {guard: true, accounts: [app], wait: 500ms}
    traffic:
      - exec: {command: [./switch, "${side}"], timeout: 30s}
      - http: {url: "http://127.0.0.1/switch/${side}", method: POST, header_env: {X-Token: SWITCH_TOKEN}, timeout: 5s}
      - dns: {route53: {zone: Z1}, record: db.example.com, set_id: a, ttl: 5s, source: {values: [a.example.com], weight: 0}, target: {values: [a.example.com], weight: 100}, timeout: 1m}
      - dns: {clouddns: {project: p, zone: z}, record: db.example.com, ttl: 5s, source: {values: [a.example.com]}, target: {values: [b.example.com]}}
    bake: {for: 30m, rollback_if: {lag: {above: 30s}, parity: mismatch, breach: true}}
  - name: rest
    handover: ["*"]
    approve: {within: 24h}
    pause_budget: 3s
  - name: last
    handover: [other]
    approve: false
    pause_budget: 1s
`

// TestSpecIsReadBack goes through the journal's masks, which must leave a plan
// alone that has no secret.
func TestSpecIsReadBack(t *testing.T) {
	t.Parallel()
	p, found := plans.Parse("plan.yaml", []byte(everyKey))
	if p == nil || plans.Errors(found) > 0 {
		t.Fatal(found)
	}
	want := SpecOf(p, "/srv/plans", []string{"reports", "other", "default"})
	data, err := want.data()
	if err != nil {
		t.Fatal(err)
	}
	e, err := journal.Seal(journal.Entry{}, time.Now(), journal.Event{Run: "r", Kind: journal.RunBegun, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	got, err := specOf(e)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Stages {
		if !want.Stages[i].Terms.Approve.Needed() {
			want.Stages[i].Terms.Approve = nil
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(plans.Approve{})); diff != "" {
		t.Fatalf("the spec is not what it was (-want +got):\n%s", diff)
	}
	for i, s := range want.Stages {
		if diff := cmp.Diff(ids(s), ids(got.Stages[i])); diff != "" {
			t.Errorf("stage %s has other steps:\n%s", s.Name, diff)
		}
	}
}

func ids(s StageSpec) []string {
	var list []string
	for _, one := range s.steps() {
		list = append(list, one.ID)
	}
	return list
}

// TestMaskedSpec: what the journal has masked can not be run from it.
func TestMaskedSpec(t *testing.T) {
	t.Parallel()
	s := Spec{Plan: "p", Stages: []StageSpec{{Name: "a", Groups: []string{"g"}, Terms: plans.Terms{
		Traffic: []plans.Action{{Exec: &plans.Exec{Command: []string{"./switch", "--token=abcdefgh"}}}},
	}}}}
	data, err := s.data()
	if err != nil {
		t.Fatal(err)
	}
	e, err := journal.Seal(journal.Entry{}, time.Now(), journal.Event{Run: "r", Kind: journal.RunBegun, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	var masked *MaskedError
	if _, err := specOf(e); !errors.As(err, &masked) {
		t.Fatalf("got %v", err)
	}
}

// TestBack: the way back asks for less, and does the same.
func TestBack(t *testing.T) {
	t.Parallel()
	p, _ := plans.Parse("plan.yaml", []byte(everyKey))
	got := ids(SpecOf(p, "", []string{"reports", "other", "default"}).Stages[0].back())
	want := []string{"reports/arm", "reports/links", "reports/quiet", "reports/lag", "reports/ttl.3", "reports/ttl.4", "reports/long-transactions",
		"reports/fence", "reports/marker", "reports/drain", "reports/compare", "reports/prepare", "reports/commit",
		"reports/carry", "reports/close", "reports/traffic.1", "reports/traffic.2", "reports/dns.3", "reports/dns.4", "reports/canary"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}
