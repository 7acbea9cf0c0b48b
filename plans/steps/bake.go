package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// bake watches a stage that has been handed over. As soon as a condition of the
// plan's is met it ends with a *runner.RollbackError.
//
// A condition that can not be asked is neither met nor not met. It brings nothing
// back: that a program can not be started, or that nobody answers, says nothing
// about the rows, and a way back that needs what is away would fail. But the time
// does not count, either: the bake goes on until every condition was watched for
// as long as the plan wants. One that could not be asked for blindLooks looks in a
// row ends the step with an error, and a person decides; tandem plan resume goes
// on. A check of the application's that takes longer than its timeout has given
// its answer.
type bake struct {
	spec  *plans.Bake
	watch time.Duration // how long it has been watched
	looks int
}

func newBake(s plans.Step) runner.Action { return &bake{spec: s.Spec.(*plans.Bake)} }

const (
	// bakeEvery is how often is looked, and askEvery how often what costs more is
	// asked.
	bakeEvery = time.Second
	askEvery  = 5 * time.Second
	// blindLooks is how often in a row a condition may stay unknown.
	blindLooks = 60
)

// condition is one that is watched.
type condition struct {
	name  string
	every time.Duration
	// look tells whether it is met, and what was seen.
	look func(ctx context.Context, r *runner.Run) (met bool, says string, err error)

	asked time.Time
	said  string // what was written down last
	blind int    // looks in a row that failed
}

// Apply implements [runner.Action].
func (b *bake) Apply(ctx context.Context, r *runner.Run) error {
	list := b.conditions()
	begun, last := r.Now(), r.Now()
	tick := time.NewTicker(bakeEvery)
	defer tick.Stop()
	for {
		blind, err := b.round(ctx, r, list)
		if err != nil {
			return err
		}
		now := r.Now()
		if !blind {
			b.watch += now.Sub(last)
		}
		last = now
		if b.watch >= time.Duration(b.spec.For) && !blind {
			return nil
		}
		r.Say(b.progress(list, now.Sub(begun)))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// round looks at every condition whose time it is. It tells whether one of them
// is not known.
func (b *bake) round(ctx context.Context, r *runner.Run, list []*condition) (blind bool, err error) {
	b.looks++
	for _, c := range list {
		if r.Now().Sub(c.asked) < c.every {
			blind = blind || c.blind > 0
			continue
		}
		c.asked = r.Now()
		met, says, err := c.look(ctx, r)
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		if err != nil {
			says = "could not be asked: " + journal.Mask(err.Error())
			c.blind, blind = c.blind+1, true
		} else {
			c.blind = 0
		}
		if state := fmt.Sprint(met, err != nil); state != c.said {
			// Every change is written down, not every look.
			c.said = state
			if err := r.Note(ctx, journal.Data{"condition": c.name, "met": met, "says": says}); err != nil {
				return false, err
			}
		}
		if met {
			return false, &runner.RollbackError{Step: r.Stage + "/bake", Why: c.name + ": " + says}
		}
		if c.blind >= blindLooks {
			return false, fmt.Errorf("bake: %s has not been known for %d looks in a row: %s; nothing was rolled back", c.name, c.blind, says)
		}
	}
	return blind, nil
}

func (b *bake) progress(list []*condition, begun time.Duration) string {
	text := fmt.Sprintf("baking: %s of %s", b.watch.Round(time.Second), time.Duration(b.spec.For))
	var blind []string
	for _, c := range list {
		if c.blind > 0 {
			blind = append(blind, fmt.Sprintf("%s could not be asked, %d times in a row", c.name, c.blind))
		}
	}
	if len(blind) > 0 {
		text += fmt.Sprintf(" (begun %s ago; the time stands still: %s)", begun.Round(time.Second), strings.Join(blind, "; "))
	}
	return text
}

// Confirm implements [runner.Action].
func (b *bake) Confirm(context.Context, *runner.Run) (journal.Data, error) {
	return journal.Data{"watched": b.watch.Round(time.Second), "looks": b.looks,
		"says": fmt.Sprintf("watched for %s, no condition was met", b.watch.Round(time.Second))}, nil
}

// Undo implements [runner.Action].
func (b *bake) Undo(context.Context, *runner.Run) error { return nil }

// conditions are those of the plan.
func (b *bake) conditions() []*condition {
	w := b.spec.RollbackIf
	if w.Empty() {
		return nil
	}
	var list []*condition
	add := func(name string, every time.Duration, look func(context.Context, *runner.Run) (bool, string, error)) {
		list = append(list, &condition{name: name, every: every, look: look})
	}
	if w.Lag != nil {
		add("lag", bakeEvery, func(ctx context.Context, r *runner.Run) (bool, string, error) {
			return wayBackBehind(ctx, r, time.Duration(w.Lag.Above))
		})
	}
	if w.Parity == plans.ParityMismatch {
		add("parity", askEvery, rowsDiffer)
	}
	if w.Breach {
		add("breach", bakeEvery, breached)
	}
	gate := func(kind, name string, i int, g runner.Gate) {
		if name == "" {
			name = fmt.Sprint(i + 1)
		}
		add(kind+" "+name, askEvery, func(ctx context.Context, r *runner.Run) (bool, string, error) {
			reading, err := g.Check(ctx, r)
			return err == nil && !reading.Holds, reading.Says, err
		})
	}
	for i := range w.SQL {
		gate("sql", w.SQL[i].Name, i, &sqlCheck{&w.SQL[i]})
	}
	for i := range w.Exec {
		gate("exec", w.Exec[i].Name, i, &execCheck{&w.Exec[i]})
	}
	for i := range w.HTTP {
		gate("http", w.HTTP[i].Name, i, &httpCheck{&w.HTTP[i]})
	}
	return list
}

// wayBackBehind looks at the link to the side that has given the groups away. One
// that does not run is not known to be anywhere, and a rollback would need it.
func wayBackBehind(ctx context.Context, r *runner.Run, above time.Duration) (bool, string, error) {
	d := runner.Into(r.From())
	s, err := r.Links.State(ctx, d)
	if err != nil {
		return false, "", fmt.Errorf("the %s link: %w", d, err)
	}
	if why := notRunning(r, &s); why != "" {
		return false, "", fmt.Errorf("the %s link %s", d, why)
	}
	if !s.LagKnown {
		return false, "", fmt.Errorf("the %s link does not know how far behind it is", d)
	}
	behind := s.Lag.Round(time.Millisecond)
	return s.Lag > above, fmt.Sprintf("the way back is %s behind, %d transactions", behind, s.Behind), nil
}

// breached looks whether somebody has written on the side that has given the
// groups away: the link that reads it keeps what it must not apply.
func breached(ctx context.Context, r *runner.Run) (bool, string, error) {
	d := runner.Into(r.To())
	s, err := r.Links.State(ctx, d)
	if err != nil {
		return false, "", fmt.Errorf("the %s link: %w", d, err)
	}
	if s.Breaches > 0 {
		return true, fmt.Sprintf("%d writes on the %s, which does not own the groups any more, were kept", s.Breaches, r.From()), nil
	}
	if why := notRunning(r, &s); why != "" {
		return false, "", fmt.Errorf("the %s link, which would see it, %s", d, why)
	}
	return false, "nobody has written on the " + string(r.From()), nil
}

// Mismatches is what a [runner.Parity] can tell besides: which rows are known to
// differ, as opposed to what is not known to be equal.
type Mismatches interface {
	Mismatches(ctx context.Context, groups []string) ([]string, error)
}

// rowsDiffer looks whether a row is known to differ.
func rowsDiffer(ctx context.Context, r *runner.Run) (bool, string, error) {
	knows, can := r.Parity.(Mismatches)
	if !can {
		return false, "", errors.New("nothing here tells which rows differ")
	}
	found, err := knows.Mismatches(ctx, r.Groups)
	if err != nil {
		return false, "", err
	}
	if len(found) > 0 {
		return true, few(found, 3), nil
	}
	return false, "no row is known to differ", nil
}
