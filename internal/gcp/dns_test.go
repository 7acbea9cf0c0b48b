package gcp_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/cloud"
	"tandem/internal/gcp/gcpfake"
)

func record(values ...string) cloud.Record {
	return cloud.Record{Project: "shop", Zone: "internal", Name: "db.shop.internal", Type: "CNAME", TTL: 5 * time.Second, Values: values}
}

func TestDNSChangesARecordAndBack(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Record(record("old.shop.internal."))
	s.Record(cloud.Record{Project: "shop", Zone: "internal", Name: "other.shop.internal", Type: "A", TTL: time.Minute, Values: []string{"192.0.2.1"}})
	s.SlowOperations(3)
	d := s.Client(t).DNS()
	before, err := d.Lookup(t.Context(), record())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(record("old.shop.internal."), before); diff != "" {
		t.Error(diff)
	}
	after := before
	after.Values, after.TTL = []string{"new.shop.internal"}, 7*time.Second
	id, err := d.Change(t.Context(), before, after)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Wait(t.Context(), after, id); err != nil {
		t.Fatal(err)
	}
	now, err := d.Lookup(t.Context(), record())
	if err != nil {
		t.Fatal(err)
	}
	after.Values = []string{"new.shop.internal."}
	if diff := cmp.Diff(after, now); diff != "" {
		t.Error(diff)
	}
	if _, err := d.Change(t.Context(), now, before); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"old.shop.internal."}, s.Values("shop", "internal", "db.shop.internal", "CNAME")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"192.0.2.1"}, s.Values("shop", "internal", "other.shop.internal", "A")); diff != "" {
		t.Error(diff)
	}
}

func TestDNSMakesAndTakesAwayARecord(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Record(record())
	d := s.Client(t).DNS()
	_, err := d.Lookup(t.Context(), record())
	refused(t, err, cloud.ErrNotFound, "look up record db.shop.internal. CNAME of zone shop/internal")
	if _, err := d.Change(t.Context(), record(), record("new.shop.internal")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Change(t.Context(), record("new.shop.internal"), record()); err != nil {
		t.Fatal(err)
	}
	if got := s.Values("shop", "internal", "db.shop.internal", "CNAME"); got != nil {
		t.Errorf("left: %v", got)
	}
}

func TestDNSChangesNothingThatSomebodyElseChanged(t *testing.T) {
	t.Parallel()
	old, mine := record("old.shop.internal"), record("new.shop.internal")
	for _, test := range []struct {
		name    string
		now     cloud.Record // as it is at first
		between *cloud.Record
		before  cloud.Record
	}{
		{"before the look", record("their.shop.internal."), nil, old},
		{"taken away", record(), nil, old},
		{"made", record("their.shop.internal."), nil, record()},
		{"between the look and the change", record("old.shop.internal."), ptr(record("their.shop.internal.")), old},
		{"its TTL between the look and the change", record("old.shop.internal."), ptr(cloud.Record{Project: "shop", Zone: "internal",
			Name: "db.shop.internal", Type: "CNAME", TTL: time.Hour, Values: []string{"old.shop.internal."}}), old},
		{"made between the look and the change", record(), ptr(record("their.shop.internal.")), record()},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := gcpfake.New(t)
			s.Record(test.now)
			want := test.now.Values
			if test.between != nil {
				want = test.between.Values
				s.Before("dns.changes.create", func() { s.Record(*test.between) })
			}
			_, err := s.Client(t).DNS().Change(t.Context(), test.before, mine)
			refused(t, err, cloud.ErrStale, "change record db.shop.internal. CNAME")
			if diff := cmp.Diff(want, s.Values("shop", "internal", "db.shop.internal", "CNAME")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }
