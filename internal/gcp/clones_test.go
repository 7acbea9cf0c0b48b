package gcp_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
	"tandem/internal/gcp"
	"tandem/internal/gcp/gcpfake"
)

const (
	clone  = "tandem-rehearsal-1"
	cloned = "shop:europe-west1:" + clone
)

var mark = map[string]string{"tandem:rehearsal": "Orders #1"}

func TestCloneIsMadeOnceLabelledListedDialledAndRemoved(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	i := s.Instance(orders, echo(t, "o"))
	s.SlowOperations(3)
	s.OnClone(func(source, name string) string {
		if source != orders || name != cloned {
			t.Errorf("cloned %s to %s", source, name)
		}
		return echo(t, "c")
	})
	client := s.Client(t)
	c := client.Clones(orders)
	if _, err := c.Begin(t.Context(), clone, mark); err != nil {
		t.Fatal(err)
	}
	looks := 0
	got, err := c.Wait(t.Context(), clone, func(cloud.Clone) { looks++ })
	if err != nil {
		t.Fatal(err)
	}
	want := cloud.Clone{Name: clone, ConnectionName: cloned, Ready: true, Status: "RUNNABLE", Tags: map[string]string{"tandem-rehearsal": "orders--1"}}
	if diff := cmp.Diff(want, got); diff != "" || looks == 0 {
		t.Errorf("%s\nafter %d looks", diff, looks)
	}
	conn, err := dialer(t, client, gcp.DialOptions{}).Dial(t.Context(), got.ConnectionName)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if _, err := conn.Read(b); err != nil || string(b) != "c" {
		t.Errorf("the clone says %q, %v", b, err)
	}
	_ = conn.Close()

	// Another process finds it by its labels, and removes it.
	c = s.Client(t).Clones(orders)
	list, err := c.List(t.Context(), mark)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]cloud.Clone{want}, list); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		if err := c.Remove(t.Context(), clone, mark); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Instances(); !slices.Equal(got, []string{orders}) {
		t.Errorf("left: %v", got)
	}
	i.Edit(func(d *sqladmin.DatabaseInstance) {
		if !d.Settings.DeletionProtectionEnabled || len(d.Settings.UserLabels) > 0 {
			t.Error("the source was changed")
		}
	})
	if list, err := c.List(t.Context(), mark); err != nil || len(list) != 0 {
		t.Errorf("listed %v, %v", list, err)
	}
}

func TestCloneWhoseMakerDiedIsFoundAndLabelled(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	s.SlowOperations(5)
	if _, err := s.Client(t).Clones(orders).Begin(t.Context(), clone, mark); err != nil {
		t.Fatal(err)
	}
	c := s.Client(t).Clones(orders)
	if _, err := c.Begin(t.Context(), clone, mark); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Wait(t.Context(), clone, nil); err != nil || got.Tags["tandem-rehearsal"] != "orders--1" {
		t.Errorf("%+v, %v", got, err)
	}
	if n := s.Count("sql.instances.clone"); n != 1 {
		t.Errorf("%d clones were asked for", n)
	}
	if err := c.Remove(t.Context(), clone, mark); err != nil {
		t.Error(err)
	}
}

func TestCloneThatFailedIsReportedWithItsReason(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	s.SlowOperations(2)
	s.FailOperation("CLONE", "no such zone")
	c := s.Client(t).Clones(orders)
	if _, err := c.Begin(t.Context(), clone, mark); err != nil {
		t.Fatal(err)
	}
	_, err := c.Wait(t.Context(), clone, nil)
	refused(t, err, nil, "make clone "+clone+" of "+orders+": operation operation-1 failed: INTERNAL_ERROR no such zone")
	// And to whoever did not order it.
	_, err = s.Client(t).Clones(orders).Wait(t.Context(), clone, nil)
	refused(t, err, nil, "it is FAILED")
}

func TestNothingIsRemovedOrTakenOverThatIsNoCloneOfTandem(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	s.Instance("shop:europe-west1:tandem-of-others", "").Edit(func(d *sqladmin.DatabaseInstance) {
		d.Settings.UserLabels = map[string]string{"tandem-rehearsal": "another"}
	})
	s.Instance("shop:europe-west1:tandem-of-old", "").Edit(func(d *sqladmin.DatabaseInstance) {
		d.CreateTime = time.Now().Add(-48 * time.Hour).UTC().Format(time.RFC3339)
	})
	before := s.Instances()
	c := s.Client(t).Clones(orders)
	for _, test := range []struct {
		name string
		tags map[string]string
		text string
	}{
		{"tandem-of-others", mark, "does not have the labels settings.userLabels.tandem-rehearsal:orders--1"},
		{"tandem-of-old", mark, "does not have the labels"},
		{"tandem-of-others", nil, "without tags nothing is removed"},
		{"orders", mark, "never the source"},
	} {
		refused(t, c.Remove(t.Context(), test.name, test.tags), nil, test.text)
	}
	for name, text := range map[string]string{
		"tandem-of-others": "with label tandem-rehearsal=another", "tandem-of-old": "without the labels of a clone",
		"rehearsal": "begins with tandem", "orders": "begins with tandem",
	} {
		_, err := c.Begin(t.Context(), name, mark)
		refused(t, err, nil, text)
	}
	after := s.Instances()
	slices.Sort(before)
	slices.Sort(after)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	if n := s.Count("sql.instances.patch") + s.Count("sql.instances.delete") + s.Count("sql.instances.clone"); n != 0 {
		t.Errorf("%d changes", n)
	}
}
