package steps

import (
	"strings"
	"testing"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/internal/retention"
	"tandem/plans"
)

// A snapshot is made once, however often the step is begun and whatever happens
// to the calls.
func TestSnapshotOnce(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*fakeClouds){
		"fine":      func(*fakeClouds) {},
		"throttled": func(f *fakeClouds) { f.begins = []error{errBroken} },
		"busy":      func(f *fakeClouds) { f.begins = []error{cloud.ErrBusy} },
		"lost":      func(f *fakeClouds) { f.begins, f.lost = []error{errBroken}, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := plain(t, plans.Terms{})
			f := &fakeClouds{backups: map[string]cloud.Backup{}}
			b.run.Clouds, b.run.ID, b.run.Stage = f, "20261122-202400-ab12", "the_rest-"
			set(f)
			step := plans.Step{Spec: &plans.SnapshotSpec{Side: plans.SideTarget}}
			for range 2 {
				says, err := b.do(newSnapshot(step))
				if err != nil || !strings.Contains(says, "tandem-20261122-202400-ab12-the-rest (b1) is available; it stays") {
					t.Errorf("%q, %v", says, err)
				}
			}
			if f.begun != 1 {
				t.Errorf("%d were made", f.begun)
			}
			if notes := b.notes.take(); len(notes) == 0 || notes[0]["snapshot"] != "tandem-20261122-202400-ab12-the-rest" {
				t.Errorf("notes are %v", notes)
			}
			if err := newSnapshot(step).Undo(t.Context(), b.run); err != nil || len(f.backups) != 1 {
				t.Errorf("undone: %v, %v", err, f.backups)
			}
		})
	}
}

func TestSnapshotDenied(t *testing.T) {
	t.Parallel()
	b := plain(t, plans.Terms{})
	b.run.Clouds = &fakeClouds{backups: map[string]cloud.Backup{}, begins: []error{cloud.ErrDenied}}
	if _, err := b.do(newSnapshot(plans.Step{Spec: &plans.SnapshotSpec{Side: plans.SideSource}})); err == nil || !strings.Contains(err.Error(), "of the source: permission denied") {
		t.Errorf("error is %v", err)
	}
}

func TestRetentionGate(t *testing.T) {
	t.Parallel()
	b := plain(t, plans.Terms{})
	f := &fakeClouds{left: map[ownership.Side]retention.Left{
		ownership.Source: {Policy: retention.Policy{Keeps: dayLeft, From: "flag", Raise: "raise it"}, For: dayLeft},
		ownership.Target: {Policy: retention.Policy{Forever: true}},
	}}
	b.run.Retention = f
	g := newRetention(plans.Step{Spec: &plans.RetentionGate{Above: plans.Duration(6 * time.Hour)}})
	b.holds(g)
	left := f.left[ownership.Source]
	left.For = 5 * time.Hour
	f.left[ownership.Source] = left
	b.holds(g) // asked a moment ago
	b.clock.pass(retentionEvery)
	if got := b.waits(g); !strings.Contains(got.Says, "the source's binlogs that are still needed are kept for 5h0m0s more (flag), which is not above 6h0m0s: raise it") {
		t.Errorf("says %q", got.Says)
	}
}
