package clouds

import (
	"strings"
	"testing"
	"time"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
	"tandem/internal/gcp/gcpfake"
	"tandem/internal/ownership"
)

const cloudPlan = `version: 1
name: bank-to-aurora
stages:
  - name: one
    handover: ["*"]
    approve: {within: 2m}
    snapshot: {source: true, target: true, timeout: 5m}
    gates: {timeout: 60s, lag: {below: 5s}, parity: {within: 10m}, reverse: {canary: true}, retention: {above: 1h}}
    pause_budget: 10s
    traffic:
      - dns: {name: public, route53: {zone: Z1}, record: db.example.com, ttl: 5s, source: {values: [old.example.com]}, target: {values: [new.example.com]}, timeout: 2m}
      - dns: {name: inside, clouddns: {project: example-project, zone: inside}, record: db.inside.example.com, type: A, ttl: 5s, source: {values: [10.0.0.5]}, target: {values: [10.1.0.5]}, timeout: 2m}
`

// TestPlanInTheClouds hands over with snapshots and records in both clouds, which
// throttle and lose answers, and comes back to the very records that there were.
func TestPlanInTheClouds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("plan.yaml", cloudPlan)
	w.amazon.AddZone("Z1", awsfake.Record{Name: "db.example.com.", Type: "CNAME", TTL: 4, Values: []string{"OLD.example.com"}})
	w.google.Record(cloud.Record{Project: "example-project", Zone: "inside", Name: "db.inside.example.com", Type: "A", TTL: 5 * time.Second, Values: []string{"10.0.0.5"}})
	w.google.Bucket("reports")
	w.open(true)
	w.replicate()
	w.amazon.Fail(awsfake.Fault{Action: "route53:ChangeResourceRecordSets", Kind: awsfake.Throttled}, awsfake.Fault{Action: "rds:CreateDBClusterSnapshot", Kind: awsfake.CutAfter})
	w.google.Fail(gcpfake.Fault{API: "dns.changes.create", Status: 503})
	w.google.Fail(gcpfake.Fault{API: "sql.backupRuns.insert", After: true})
	public := func() (out string) {
		w.amazon.Do(func(s *awsfake.State) { out = strings.Join(s.Zones["Z1"].Records[0].Values, ",") })
		return out
	}
	inside := func() string {
		return strings.Join(w.google.Values("example-project", "inside", "db.inside.example.com", "A"), ",")
	}
	w.handOver()
	if public() != "new.example.com" || inside() != "10.1.0.5" {
		t.Errorf("the records are %s and %s", public(), inside())
	}
	snapshots := 0
	w.amazon.Do(func(s *awsfake.State) { snapshots = len(s.Snapshots) })
	if snapshots != 1 {
		t.Errorf("%d snapshots were made of the cluster", snapshots)
	}
	w.live("rollback", "--confirm=bank").want(0)
	if public() != "OLD.example.com" || inside() != "10.0.0.5" {
		t.Errorf("the records are %s and %s, and were others before", public(), inside())
	}
	if out := w.live("report", "--to", "gs://reports/bank").want(0).said(); !strings.Contains(out, "one/dns.public") || !strings.Contains(out, "to the "+string(ownership.Source)) {
		t.Errorf("the report says %s", out)
	}
	if out := w.live("status").want(0).said(); strings.Contains(out, "binlogs") {
		t.Errorf("an alarm about binlogs that are kept for a month: %s", out)
	}
	w.judge(w.pair.Source, w.pair.Target)
}
