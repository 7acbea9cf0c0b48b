package steps

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/runner"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		link   runner.Direction
		change func(*runner.LinkState)
		want   string
	}{
		"not running":     {runner.Forward, func(s *runner.LinkState) { s.Running, s.Error = false, "killed" }, "the forward link does not run: tandem replicate must (killed)"},
		"the way back":    {runner.Reverse, func(s *runner.LinkState) { s.Running = false }, "the reverse link does not run"},
		"copying":         {runner.Forward, func(s *runner.LinkState) { s.Streaming, s.State = false, "copying" }, "the forward link is copying"},
		"connects again":  {runner.Reverse, func(s *runner.LinkState) { s.Streaming, s.State, s.Error = false, "connecting again", "refused" }, "connecting again: refused"},
		"a conflict":      {runner.Forward, func(s *runner.LinkState) { s.Conflicts = 2 }, "2 conflicts open"},
		"a breach":        {runner.Reverse, func(s *runner.LinkState) { s.Breaches = 1 }, "1 breaches"},
		"silent for long": {runner.Forward, func(s *runner.LinkState) { s.At = time.Unix(1e9-60, 0) }, "has not been heard of for 1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			b := plain(t, plans.Terms{})
			g := newLinks(plans.Step{})
			b.holds(g)
			b.links.set(test.link, test.change)
			if got := b.waits(g); !strings.Contains(got.Says, test.want) {
				t.Errorf("says %q, want %q in it", got.Says, test.want)
			}
		})
	}
	b := plain(t, plans.Terms{})
	b.links.err = errors.New("nobody answers")
	if _, err := newLinks(plans.Step{}).Check(t.Context(), b.run); err == nil {
		t.Error("no error where links can not be asked")
	}
}

func TestLag(t *testing.T) {
	t.Parallel()
	b := plain(t, plans.Terms{})
	g := newLag(plans.Step{Spec: &plans.LagGate{Below: plans.Duration(time.Second), For: plans.Duration(10 * time.Second)}})
	behind := func(d time.Duration) {
		b.links.set(runner.Forward, func(s *runner.LinkState) { s.Lag, s.LagKnown, s.Running = d, true, true })
	}
	behind(500 * time.Millisecond)
	if got := b.waits(g); got.Says != "500ms behind, for 0s of 10s" {
		t.Errorf("says %q", got.Says)
	}
	b.clock.pass(9 * time.Second)
	b.waits(g)
	b.clock.pass(time.Second)
	if got := b.holds(g); got.Says != "500ms behind, below 1s for 10s" {
		t.Errorf("says %q", got.Says)
	}
	// Each break begins the time anew.
	for name, interrupt := range map[string]func(){
		"too far":   func() { behind(time.Second) },
		"not known": func() { b.links.set(runner.Forward, func(s *runner.LinkState) { s.LagKnown = false }) },
		"stopped":   func() { b.links.set(runner.Forward, func(s *runner.LinkState) { s.Running = false }) },
	} {
		interrupt()
		b.waits(g)
		behind(0)
		b.clock.pass(time.Second)
		b.waits(g)
		b.clock.pass(9 * time.Second)
		if got := b.check(g); got.Holds {
			t.Errorf("%s: holds 9s after a break", name)
		}
		b.clock.pass(time.Second)
		b.holds(g)
	}
	b.links.err = errors.New("nobody answers")
	if _, err := g.Check(t.Context(), b.run); err == nil {
		t.Error("no error")
	}
	b.links.err = nil
	if got := b.check(g); got.Holds {
		t.Error("a look that could not be made is no break")
	}
	// The link that counts is that to the new owner.
	b.links.set(runner.Reverse, func(s *runner.LinkState) { s.Lag = time.Hour })
	b.clock.pass(10 * time.Second)
	b.holds(g)
}

func TestParity(t *testing.T) {
	t.Parallel()
	b := plain(t, plans.Terms{})
	g := newParity(plans.Step{Spec: &plans.ParityGate{Within: plans.Duration(10 * time.Minute)}})
	if got := b.waits(g); !strings.Contains(got.Says, "run tandem verify") || b.parity.refreshed > 0 {
		t.Errorf("nothing proved: says %q, %d refreshed", got.Says, b.parity.refreshed)
	}
	b.parity.at = b.clock.Now().Add(-time.Minute)
	b.holds(g)
	if b.parity.refreshed > 0 {
		t.Error("a fresh proof was refreshed")
	}
	b.parity.problems = []string{"3 rows of shop.a differ", "two", "three", "four"}
	if got := b.waits(g); got.Says != "3 rows of shop.a differ; two; three; and 1 more" {
		t.Errorf("says %q", got.Says)
	}
	b.parity.problems = nil

	// One that is too old is made young by comparing what was touched since.
	b.clock.pass(20 * time.Minute)
	if _, err := g.Check(t.Context(), b.run); err == nil {
		t.Error("no error where nothing can be compared")
	}
	if got := b.waits(g); !strings.Contains(got.Says, "21m0s ago, must be within 10m0s") || b.parity.refreshed != 1 {
		t.Errorf("says %q, refreshed %d times", got.Says, b.parity.refreshed)
	}
	b.clock.pass(refreshEvery)
	b.parity.refresh = func(f *fakeParity) error { f.at = b.clock.Now(); return nil }
	b.holds(g)
	b.clock.pass(11 * time.Minute)
	b.parity.refresh = func(f *fakeParity) error {
		f.at, f.problems = b.clock.Now(), []string{"1 rows of shop.b differ"}
		return nil
	}
	if got := b.waits(g); got.Says != "1 rows of shop.b differ" {
		t.Errorf("says %q", got.Says)
	}
}

func TestUnfinishedCopy(t *testing.T) {
	t.Parallel()
	b := plain(t, plans.Terms{})
	b.links.set(runner.Forward, func(s *runner.LinkState) {
		s.Copying = map[schema.Name]string{{Schema: "shop", Table: "b"}: "copying", {Schema: "shop", Table: "other"}: "copying"}
	})
	got, err := unfinished(t.Context(), b.run, b.tables)
	if err != nil || len(got) != 1 || got[0] != "the copy of shop.b is not finished (copying)" {
		t.Errorf("%q, %v", got, err)
	}
}
