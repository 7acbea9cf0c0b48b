package steps

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
	"tandem/internal/gcp/gcpfake"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/runner"
)

// sdkClouds are the real clients of both clouds, against fakes of their APIs.
type sdkClouds struct {
	google *gcpfake.Server
	amazon *awsfake.Server
	dns    map[runner.Provider]cloud.DNS
	copies map[ownership.Side]cloud.Backups
}

func (c *sdkClouds) Backups(_ context.Context, side ownership.Side) (cloud.Backups, error) {
	return c.copies[side], nil
}
func (c *sdkClouds) ReadOnly(context.Context, ownership.Side) (cloud.ReadOnly, error) {
	return nil, nil
}
func (c *sdkClouds) DNS(_ context.Context, p runner.Provider) (cloud.DNS, error) {
	return c.dns[p], nil
}

const instance = "example-project:europe-west1:courier"

func fakes(t *testing.T) *sdkClouds {
	t.Helper()
	c := &sdkClouds{google: gcpfake.New(t), amazon: awsfake.New(t)}
	c.google.Instance(instance, "")
	c.google.Record(cloud.Record{Project: "p", Zone: "z", Name: "db.example.com", Type: "CNAME", TTL: 5 * time.Second, Values: []string{"old.example.com."}})
	c.amazon.AddCluster(awsfake.Cluster{ID: "courier", Members: []*awsfake.Member{{ID: "courier-1", Writer: true}}})
	c.amazon.AddZone("Z1", awsfake.Record{Name: "db.example.com.", Type: "CNAME", TTL: 5, Values: []string{"old.example.com"}})
	google, amazon := c.google.Client(t), c.amazon.Client(t)
	c.dns = map[runner.Provider]cloud.DNS{runner.CloudDNS: google.DNS(), runner.Route53: amazon.DNS()}
	c.copies = map[ownership.Side]cloud.Backups{ownership.Source: google.Backups(instance), ownership.Target: amazon.Backups(awsfake.Region, "courier")}
	return c
}

func (c *sdkClouds) bench(t *testing.T) *bench {
	t.Helper()
	b := plain(t, plans.Terms{})
	b.run.Clouds, b.run.ID = c, "20261122-202400-ab12"
	remembering(b.run, b.notes)
	return b
}

// value is what the record holds in a cloud.
func (c *sdkClouds) value(p runner.Provider) string {
	if p == runner.CloudDNS {
		return strings.Join(plainNames(c.google.Values("p", "z", "db.example.com", "CNAME")), ",")
	}
	var values []string
	c.amazon.Do(func(s *awsfake.State) {
		for _, r := range s.Zones["Z1"].Records {
			values = append(values, r.Values...)
		}
	})
	return strings.Join(plainNames(values), ",")
}

func specFor(p runner.Provider) *plans.DNS {
	spec := dnsSpec()
	if p == runner.CloudDNS {
		spec.Route53, spec.CloudDNS = nil, &plans.CloudDNS{Project: "p", Zone: "z"}
	}
	return spec
}

// There and back through the real clients, with what goes wrong in the clouds.
func TestDNSInBothClouds(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(*sdkClouds){
		"fine": func(*sdkClouds) {},
		"throttled": func(c *sdkClouds) {
			c.google.Fail(gcpfake.Fault{API: "dns.changes.create", Status: http.StatusTooManyRequests, Reason: "rateLimitExceeded", Times: 2})
			c.amazon.Fail(awsfake.Fault{Action: "route53:ChangeResourceRecordSets", Kind: awsfake.Throttled, Times: 2})
		},
		"broken": func(c *sdkClouds) {
			c.google.Fail(gcpfake.Fault{Status: http.StatusServiceUnavailable, Times: 3})
			c.amazon.Fail(awsfake.Fault{Kind: awsfake.Internal, Times: 3})
		},
		"the answer is lost": func(c *sdkClouds) {
			c.google.Fail(gcpfake.Fault{API: "dns.changes.create", After: true})
			c.amazon.Fail(awsfake.Fault{Action: "route53:ChangeResourceRecordSets", Kind: awsfake.CutAfter})
		},
		"slow": func(c *sdkClouds) {
			c.google.SlowOperations(5)
			c.amazon.Do(func(s *awsfake.State) { s.Polls = 5 })
		},
	} {
		for _, provider := range []runner.Provider{runner.Route53, runner.CloudDNS} {
			t.Run(name+" "+string(provider), func(t *testing.T) {
				t.Parallel()
				c := fakes(t)
				b := c.bench(t)
				b.holds(newTTL(plans.Step{Spec: specFor(provider)}))
				plant(c)
				if says, err := b.do(dnsStep(specFor(provider))); err != nil || c.value(provider) != "new.example.com" {
					t.Fatalf("%q, %v, it holds %s", says, err, c.value(provider))
				}
				if says, err := b.way(ownership.Target).do(dnsStep(specFor(provider))); err != nil || c.value(provider) != "old.example.com" {
					t.Errorf("back: %q, %v, it holds %s", says, err, c.value(provider))
				}
			})
		}
	}
}

// Somebody else changes the record between the look and the change.
func TestDNSStaleInCloudDNS(t *testing.T) {
	t.Parallel()
	c := fakes(t)
	b := c.bench(t)
	c.google.Before("dns.changes.create", func() {
		c.google.Record(cloud.Record{Project: "p", Zone: "z", Name: "db.example.com", Type: "CNAME", TTL: 5 * time.Second, Values: []string{"third.example.com."}})
	})
	if _, err := b.do(dnsStep(specFor(runner.CloudDNS))); !errors.Is(err, cloud.ErrStale) || c.value(runner.CloudDNS) != "third.example.com" {
		t.Errorf("%v, it holds %s", err, c.value(runner.CloudDNS))
	}
}

// One snapshot is made in each cloud, whatever goes wrong.
func TestSnapshotsInBothClouds(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(*sdkClouds){
		"fine": func(*sdkClouds) {},
		"throttled": func(c *sdkClouds) {
			c.google.Fail(gcpfake.Fault{API: "sql.backupRuns.insert", Status: http.StatusTooManyRequests, Reason: "rateLimitExceeded"})
			c.amazon.Fail(awsfake.Fault{Action: "rds:CreateDBClusterSnapshot", Kind: awsfake.Throttled, Times: 2})
		},
		"the answer is lost": func(c *sdkClouds) {
			c.google.Fail(gcpfake.Fault{API: "sql.backupRuns.insert", After: true})
			c.amazon.Fail(awsfake.Fault{Action: "rds:CreateDBClusterSnapshot", Kind: awsfake.CutAfter})
		},
		"slow": func(c *sdkClouds) {
			c.google.SlowOperations(5)
			c.amazon.Do(func(s *awsfake.State) { s.Polls = 5 })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := fakes(t)
			b := c.bench(t)
			plant(c)
			for _, side := range []plans.Side{plans.SideSource, plans.SideTarget, plans.SideSource, plans.SideTarget} {
				if says, err := b.do(newSnapshot(plans.Step{Spec: &plans.SnapshotSpec{Side: side}})); err != nil || !strings.Contains(says, "tandem-20261122-202400-ab12-one") {
					t.Errorf("%s: %q, %v", side, says, err)
				}
			}
			made := 0
			c.amazon.Do(func(s *awsfake.State) { made = len(s.Snapshots) })
			if made != 1 {
				t.Errorf("%d snapshots of the cluster", made)
			}
		})
	}
}

// One that the cloud gives up half-way is an error that says so, and does not wait
// for ever.
func TestSnapshotHalfWay(t *testing.T) {
	t.Parallel()
	c := fakes(t)
	b := c.bench(t)
	c.amazon.Fail(awsfake.Fault{Action: "rds:CreateDBClusterSnapshot", Kind: awsfake.Ending, Ends: "failed"})
	began := time.Now()
	_, err := b.do(newSnapshot(plans.Step{Spec: &plans.SnapshotSpec{Side: plans.SideTarget}}))
	if err == nil || !strings.Contains(err.Error(), "failed") {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}
