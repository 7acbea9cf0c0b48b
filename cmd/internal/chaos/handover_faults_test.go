package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tandem/internal/ownership"
	"tandem/plans/runner"
)

// place is a point of a handover, as it is told of: the first time behind another.
type place struct{ behind, point string }

// absent are the kinds of steps that a direction does not have here: fences
// besides the guard have tests of their own.
func absent(from ownership.Side, point string) bool {
	kind, _, _ := strings.Cut(point, " ")
	return slices.Contains([]string{"prove", "close"}, kind) ||
		from == ownership.Target && slices.Contains([]string{"approve", "bake"}, kind)
}

// places are all points of one direction: those of the runner, and those at which
// a link takes a record over, or a signal.
func places(from ownership.Side) []place {
	var list []place
	for _, point := range runner.Points() {
		if !absent(from, point) {
			list = append(list, place{point: "run: " + point})
		}
	}
	there, back := "link: crossing-", "link: reverse crossing-"
	if from == ownership.Target {
		there, back = back, there
	}
	for _, way := range []struct{ link, turn string }{{there, "open"}, {back, "close"}} {
		list = append(list,
			place{"", way.link + "before-commit"}, // a signal's
			place{"", way.link + way.turn},
			place{way.link + way.turn, way.link + "before-commit"},
			place{way.link + way.turn, way.link + "after-commit"})
	}
	return list
}

// trials is the whole table: every victim at every place, there and back.
func trials(random *rand.Rand) []*trial {
	var list []*trial
	for _, v := range victims() {
		list = append(list, inTurn(slices.Concat(v.at(ownership.Source, random), v.at(ownership.Target, random)))...)
	}
	return list
}

// inTurn lets trials there and back follow one another, as far as they go: what
// one has handed over the next one brings back.
func inTurn(list []*trial) []*trial {
	var there, back, turns []*trial
	for _, c := range list {
		if c.from == ownership.Source {
			there = append(there, c)
		} else {
			back = append(back, c)
		}
	}
	for i := range max(len(there), len(back)) {
		turns = append(turns, there[min(i, len(there)):min(i+1, len(there))]...)
		turns = append(turns, back[min(i, len(back)):min(i+1, len(back))]...)
	}
	return turns
}

func (v victim) at(from ownership.Side, random *rand.Rand) []*trial {
	var list []*trial
	for _, p := range places(from) {
		if v.only == nil || slices.Contains(v.only, p.point) {
			list = append(list, &trial{from: from, behind: p.behind, point: p.point, victim: v, random: random})
		}
	}
	return list
}

// ordinary are the trials of an ordinary run of the tests: each victim once, where
// it is most delicate.
func ordinary(list []*trial) []*trial {
	want := map[string]place{
		"kill the runner":               {point: "run: commit applied"},
		"stop the runner":               {point: "run: commit begun"},
		"kill the daemon":               {"link: crossing-open", "link: crossing-before-commit"},
		"stop the daemon":               {point: "run: drain begun"},
		"kill the source":               {point: "run: commit applied"},
		"kill the target":               {"link: reverse crossing-open", "link: reverse crossing-after-commit"},
		"cut the runner's lines":        {point: "run: fence applied"},
		"silence the runner's lines":    {point: "run: prepare recorded"},
		"lose the commit":               {point: "run: commit begun"},
		"lose the answer to the commit": {point: "run: commit begun"},
	}
	var some []*trial
	for _, c := range list {
		if p, ok := want[c.victim.name]; ok && p == (place{c.behind, c.point}) {
			delete(want, c.victim.name)
			some = append(some, c)
		}
	}
	return some
}

// chosen are the trials that CHAOS_HANDOVER asks for: all of them, so many drawn at
// random, or those whose names hold the text; without it those of an ordinary run.
func chosen(list []*trial, random *rand.Rand) []*trial {
	text := os.Getenv("CHAOS_HANDOVER")
	if n, err := strconv.Atoi(text); err == nil {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return inTurn(list[:min(n, len(list))])
	}
	switch text {
	case "":
		return ordinary(list)
	case "all":
		return list
	}
	names := regexp.MustCompile(text)
	return inTurn(slices.DeleteFunc(list, func(c *trial) bool { return !names.MatchString(c.name()) }))
}

// TestWhateverDies lets things die in handovers and rollbacks. Each ends undone or
// done, and what tandem says of it is true; one side takes writes at a time, and
// one does again soon; nothing is lost, doubled or misplaced.
func TestWhateverDies(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(seedOfRun(t), 1))
	list := chosen(trials(random), random)
	if len(list) == 0 {
		t.Fatal("there is no such trial")
	}
	for len(list) > 0 {
		n := 0
		t.Run(fmt.Sprintf("world %d", len(list)), func(t *testing.T) { n = inWorld(t, list) })
		if n == 0 {
			t.Fatal("no trial could be begun")
		}
		list = list[n:]
	}
}

// perWorld bounds how many trials share a pair of servers: the bank's books grow.
const perWorld = 40

// inWorld runs trials until one fails, which spoils the world, or enough is done.
func inWorld(t *testing.T, list []*trial) (n int) {
	w := newWorld(t, 60)
	outcomes := map[string]int{}
	for _, c := range list[:min(len(list), perWorld)] {
		n++
		c.world = w
		began := time.Now()
		ok := t.Run(c.name(), func(t *testing.T) {
			if err := c.run(); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s after %.1fs; nobody could write for %s at most\n%s", c.outcome, time.Since(began).Seconds(),
				w.bank.Since().LongestGap.Round(time.Millisecond), w.told())
		})
		if !ok {
			return n
		}
		outcomes[c.outcome]++
	}
	if err := w.last(); err != nil {
		t.Error(err)
	}
	t.Logf("%d trials: %v; nobody could write for %s at most", n, outcomes, w.worst.Round(time.Millisecond))
	return n
}
