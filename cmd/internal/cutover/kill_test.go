package cutover

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tandem/plans/runner"
)

// absent are the kinds of steps that the plan of these tests does not have.
var absent = []string{"prove", "close"}

// some are the points of an ordinary test run; CUTOVER=all goes through all.
var some = []string{"lease taken", "arm applied", "fence applied", "drain recorded", "commit begun", "commit applied", "carry recorded", "run ended"}

// TestKilledAtEveryPoint kills the runner with SIGKILL at each of its points.
// Applications write on exactly one side at once; what has happened is known; and
// the run goes on from where it was, on another machine every other time.
func TestKilledAtEveryPoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{more: "    traffic: [{exec: {command: [\"true\"], timeout: 5s}}]\n    bake: {for: 500ms}\n"})
	for i, point := range runner.Points() {
		kind, _, _ := strings.Cut(point, " ")
		if slices.Contains(absent, kind) || os.Getenv("CUTOVER") != "all" && !slices.Contains(some, point) {
			continue
		}
		w.writes(0)
		w.run(knobs{Point: point, Do: "kill"}).want(-1)
		side := 0
		if w.owner(w.pair.Source) == "target" {
			side = 1
		}
		w.writes(side)
		w.live(knobs{}, "plan", "repair").want(0)
		elsewhere := "elsewhere.jsonl"
		if i%2 == 0 {
			elsewhere = fmt.Sprintf("machine%d.jsonl", i)
		}
		switch point {
		case "lease taken":
			w.run(knobs{}).want(0) // nothing was begun
		case "run ended":
			w.live(knobs{}, "plan", "resume", "--confirm=bank").want(1) // nothing is left
		default:
			l := w.live(knobs{}, "plan", "resume", "--confirm=bank", "--journal", elsewhere)
			w.approve(l)
			l.want(0)
		}
		w.writes(1)
		w.live(knobs{}, "rollback", "--confirm=bank").want(0)
		w.writes(0)
		t.Logf("killed at %q", point)
	}
	w.judge()
}
