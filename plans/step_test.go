package plans

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/golden"
)

// TestSteps compares the expansion of a plan with every kind of step with a
// golden file.
func TestSteps(t *testing.T) {
	t.Parallel()
	p, list := Parse("plan.yaml", read(t, "testdata/ok/full.yaml"))
	if len(list) > 0 {
		t.Fatal(show(list))
	}
	var b strings.Builder
	ids, seen := map[string]bool{}, map[Kind]bool{}
	for i, s := range p.Steps([]string{"orders", "reports", "default"}) {
		fmt.Fprintf(&b, "%d %s [%s] %s: %s\n", s.Number, s.ID, s.Phase, strings.Join(s.Groups, ","), s.Title)
		for _, line := range [][2]string{{"checks", s.Checks}, {"does", s.Does}, {"confirm", s.Confirm}, {"undo", s.Undo}, {"deadline", s.Bound}} {
			if line[1] != "" {
				fmt.Fprintf(&b, "   %s: %s\n", line[0], line[1])
			}
		}
		if s.PointOfNoReturn {
			b.WriteString("   POINT OF NO RETURN\n")
		}
		if s.Number != i+1 || ids[s.ID] {
			t.Errorf("step %s has number %d, or its id is there twice", s.ID, s.Number)
		}
		ids[s.ID], seen[s.Kind] = true, true
		if s.Confirm == "" || s.Undo == "" || s.Bound == "" || s.Checks+s.Does == "" {
			t.Errorf("step %s does not say everything: %+v", s.ID, s)
		}
	}
	golden.Equal(t, "testdata/ok/full.steps", b.String())
	for _, k := range []Kind{KindApprove, KindArm, KindLinks, KindQuiet, KindLag, KindParity, KindReverse, KindSQL, KindExec, KindHTTP, KindLong, KindSnapshot, KindRetention, KindTTL, KindDNS, KindFence,
		KindProve, KindMarker, KindDrain, KindCompare, KindPrepare, KindCommit, KindCarry, KindClose, KindTraffic, KindCanary, KindBake} {
		if !seen[k] {
			t.Errorf("no step is of the kind %s", k)
		}
	}
}

// TestOrder holds what no plan can change: everything that asks comes before
// the fence, and exactly one step of a stage can not be undone.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, file := range append(files(t, "testdata/ok/*.yaml"), files(t, "library/*.yaml")...) {
		p, _ := Parse(file, read(t, file))
		var phases []string
		points := map[string]int{}
		last := Phase("")
		for _, s := range p.Steps(nil) {
			if s.Phase != last {
				phases = append(phases, string(s.Phase))
				last = s.Phase
			}
			if s.PointOfNoReturn {
				points[s.Stage]++
				if s.Kind != KindCommit {
					t.Errorf("%s: %s is a point of no return", file, s.ID)
				}
			}
		}
		if len(points) != len(p.Stages) {
			t.Errorf("%s: points of no return are %v", file, points)
		}
		var want []string
		for range p.Stages {
			want = append(want, "before", "pause", "after")
		}
		if diff := cmp.Diff(want, phases); diff != "" {
			t.Errorf("%s: -want +got\n%s", file, diff)
		}
	}
}

func TestHandover(t *testing.T) {
	t.Parallel()
	p := parse(t, "version: 1\nname: a\nstages: [{name: a, handover: [x]}, {name: b, handover: [\"*\", y]}, {name: c, handover: [\"*\"]}]")
	want := [][]string{{"x"}, {"z", "default", "y"}, nil}
	if diff := cmp.Diff(want, p.Handover([]string{"x", "y", "z", "default"})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
