package aws_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func withZone(t *testing.T) *awsfake.Server {
	t.Helper()
	fake := awsfake.New(t)
	weight := sdk.Int64
	fake.AddZone("Z1",
		awsfake.Record{Name: "db.example.com.", Type: "CNAME", TTL: 5, Values: []string{"cloudsql.example.com."}, HealthCheckID: "hc-1"},
		awsfake.Record{Name: "db.example.com.", Type: "TXT", TTL: 60, Values: []string{`"two"`, `"one"`}},
		awsfake.Record{Name: "app.example.com.", Type: "CNAME", SetIdentifier: "aurora", Weight: weight(0), TTL: 5, Values: []string{"aurora.example.com."}},
		awsfake.Record{Name: "app.example.com.", Type: "CNAME", SetIdentifier: "cloudsql", Weight: weight(100), TTL: 5, Values: []string{"cloudsql.example.com."}},
		awsfake.Record{Name: "near.example.com.", Type: "CNAME", SetIdentifier: "here", RoutedBy: "eu-west-1", TTL: 5, Values: []string{"x.example.com."}},
		awsfake.Record{Name: "www.example.com.", Type: "A", Alias: &awsfake.Alias{HostedZoneId: "Z2", DNSName: "lb.example.com."}},
		awsfake.Record{Name: "*.example.com.", Type: "A", TTL: 300, Values: []string{"192.0.2.1"}},
	)
	return fake
}

func record(name, kind, set string) cloud.Record {
	return cloud.Record{Zone: "Z1", Name: name, Type: kind, SetID: set}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	client := withZone(t).Client(t)
	for _, test := range []struct {
		ask    cloud.Record
		ttl    time.Duration
		values []string
		weight int64
	}{
		{record("db.example.com", "CNAME", ""), 5 * time.Second, []string{"cloudsql.example.com."}, 0},
		{record("DB.example.com.", "TXT", ""), time.Minute, []string{`"two"`, `"one"`}, 0},
		{record("app.example.com", "CNAME", "cloudsql"), 5 * time.Second, []string{"cloudsql.example.com."}, 100},
		{record("app.example.com", "CNAME", "aurora"), 5 * time.Second, []string{"aurora.example.com."}, 0},
		{record("*.example.com", "A", ""), 5 * time.Minute, []string{"192.0.2.1"}, 0},
	} {
		want := test.ask
		want.TTL, want.Values, want.Weight = test.ttl, test.values, test.weight
		got, err := client.DNS().Lookup(t.Context(), test.ask)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v: %v (-want +got):\n%s", test.ask, err, diff)
		}
	}
	for _, test := range []struct {
		ask  cloud.Record
		kind error
		word string
	}{
		{record("db.example.com", "A", ""), cloud.ErrNotFound, "there is none"},
		{record("dc.example.com", "CNAME", ""), cloud.ErrNotFound, "there is none"},
		{record("zz.example.com", "CNAME", ""), cloud.ErrNotFound, "there is none"},
		{record("app.example.com", "CNAME", "bigtable"), cloud.ErrNotFound, "set identifier"},
		{record("db.example.com", "CNAME", "x"), cloud.ErrNotFound, "there is none"},
		{record("app.example.com", "CNAME", ""), nil, "such as aurora"},
		{record("near.example.com", "CNAME", "here"), nil, "not routed by weights"},
		{record("www.example.com", "A", ""), nil, "alias of lb.example.com."},
		{cloud.Record{Zone: "Z9", Name: "db.example.com", Type: "CNAME"}, cloud.ErrNotFound, "NoSuchHostedZone"},
	} {
		_, err := client.DNS().Lookup(t.Context(), test.ask)
		requireError(t, err, test.kind, test.word, test.ask.Name)
	}
}

func TestChangeRecord(t *testing.T) {
	t.Parallel()
	for _, kind := range []awsfake.Kind{awsfake.None, awsfake.Throttled, awsfake.Busy, awsfake.Internal, awsfake.CutBefore, awsfake.CutAfter, awsfake.CutInside} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fake := withZone(t)
			fake.Do(func(s *awsfake.State) { s.Polls = 3 })
			if kind != awsfake.None {
				fake.Fail(awsfake.Fault{Action: "route53:ChangeResourceRecordSets", Kind: kind, Times: 2}, awsfake.Fault{Action: "route53:GetChange", Kind: kind, Times: 2})
			}
			dns := fake.Client(t).DNS()
			before, err := dns.Lookup(t.Context(), record("db.example.com", "CNAME", ""))
			if err != nil {
				t.Fatal(err)
			}
			after := before
			after.Values = []string{"aurora.example.com."}
			for _, step := range [][2]cloud.Record{{before, after}, {before, after}, {after, before}} { // there, once more as after a crash, and back
				id, err := dns.Change(t.Context(), step[0], step[1])
				if err != nil {
					t.Fatal(err)
				}
				if err := dns.Wait(t.Context(), step[1], id); err != nil {
					t.Fatal(err)
				}
				if now, err := dns.Lookup(t.Context(), step[1]); err != nil || !now.Same(step[1]) || now.TTL != 5*time.Second {
					t.Fatalf("it is %+v now, %v", now, err)
				}
			}
			fake.Do(func(s *awsfake.State) {
				for _, r := range s.Zones["Z1"].Records {
					if r.Name == "db.example.com." && r.Type == "CNAME" && r.HealthCheckID != "hc-1" {
						t.Errorf("its health check is lost: %+v", r)
					}
				}
			})
		})
	}
}

func TestChangeWeightAndTTL(t *testing.T) {
	t.Parallel()
	fake := withZone(t)
	dns := fake.Client(t).DNS()
	before, err := dns.Lookup(t.Context(), record("app.example.com", "CNAME", "cloudsql"))
	if err != nil {
		t.Fatal(err)
	}
	after := before
	after.Weight, after.TTL = 0, 30*time.Second
	if _, err := dns.Change(t.Context(), before, after); err != nil {
		t.Fatal(err)
	}
	got, err := dns.Lookup(t.Context(), before)
	if diff := cmp.Diff(after, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if other, err := dns.Lookup(t.Context(), record("app.example.com", "CNAME", "aurora")); err != nil || other.Weight != 0 || other.TTL != 5*time.Second {
		t.Errorf("the other one is %+v, %v", other, err)
	}
}

func TestChangeOfWhatSomebodyElseHasChanged(t *testing.T) {
	t.Parallel()
	fake := withZone(t)
	dns := fake.Client(t).DNS()
	before := cloud.Record{Zone: "Z1", Name: "db.example.com", Type: "CNAME", Values: []string{"yesterday.example.com."}}
	after := before
	after.Values = []string{"aurora.example.com."}
	_, err := dns.Change(t.Context(), before, after)
	requireError(t, err, cloud.ErrStale, "is cloudsql.example.com. now", "was yesterday.example.com.")
	gone := before
	gone.Name = "gone.example.com"
	to := after
	to.Name = gone.Name
	_, err = dns.Change(t.Context(), gone, to)
	requireError(t, err, cloud.ErrStale, "it is gone")
	_, err = dns.Change(t.Context(), before, to)
	requireError(t, err, nil, "not be the same record")
	if n := fake.Count("ChangeResourceRecordSets"); n != 0 {
		t.Errorf("%d changes were made", n)
	}
	requireError(t, dns.Wait(t.Context(), after, "C404"), cloud.ErrNotFound, "wait for the change of record CNAME db.example.com")
}
