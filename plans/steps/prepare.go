package steps

import (
	"context"
	"fmt"

	"tandem/internal/firing"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// prepare gets the new owner ready for writers. Its triggers and events are made
// by the link that brings the new owner's row, so that none ever fires for a
// change that a link applies; what they are is told to that side beforehand. In
// the pause only the counters are left, which harm nobody if the handover is
// undone.
type prepare struct {
	carried firing.Carried
	checked bool
	raised  []firing.Raised
}

func newPrepare(plans.Step) runner.Action { return &prepare{} }

// Early implements [runner.Early]: it tells the new owner what fires, and finds
// what would hinder it from firing there.
func (p *prepare) Early(ctx context.Context, r *runner.Run) error {
	owner, other := r.DB(r.From()), r.DB(r.To())
	for _, side := range []ownership.Side{r.From(), r.To()} {
		if err := firing.Prepare(ctx, r.DB(side)); err != nil {
			return fmt.Errorf("on the %s: %w", side, err)
		}
	}
	scope, err := scopeOf(ctx, r)
	if err != nil {
		return err
	}
	if p.carried, err = firing.Carry(ctx, owner, other, scope); err != nil {
		return err
	}
	// What is raised now need not be raised while writers wait.
	if err := p.raise(ctx, r, countersAhead); err != nil {
		return err
	}
	if p.checked {
		return nil
	}
	findings, err := firing.Check(ctx, owner, other, firing.CheckOptions{Scope: scope, Owner: r.From()})
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Severity == firing.Block {
			return fmt.Errorf("%s on the %s: %s; %s", f.Object, f.Side, f.What, f.Fix)
		}
		r.Log.WarnContext(ctx, "something will not fire as it does now", "object", f.Object, "side", string(f.Side), "what", f.What)
	}
	p.checked = true
	return nil
}

// scopeOf is what fires for the stage's groups: their tables' triggers, and the
// events of the databases of which no other group stays behind.
func scopeOf(ctx context.Context, r *runner.Run) (firing.Scope, error) {
	records, err := ownership.Load(ctx, r.DB(r.From()), r.Migration)
	if err != nil {
		return firing.Scope{}, err
	}
	return firing.Scope{
		Migration: r.Migration, Tables: r.AllTables(),
		Events: firing.EventDatabases(r.EveryTable(), r.Groups, func(g string) bool { return records[g].Owner != r.To() }),
	}, nil
}

// Apply implements [runner.Action].
func (p *prepare) Apply(ctx context.Context, r *runner.Run) error { return p.raise(ctx, r, 0) }

// countersAhead is how many values of a counter are passed over: as many may be
// given out and taken back between the look before the pause and the one in it.
const countersAhead = 1000

func (p *prepare) raise(ctx context.Context, r *runner.Run, ahead uint64) (err error) {
	link := r.LinkName(runner.Into(r.To()))
	p.raised, err = firing.Counters(ctx, r.DB(r.From()), r.DB(r.To()), link, r.AllTables(), ahead)
	return err
}

// Confirm implements [runner.Action].
func (p *prepare) Confirm(context.Context, *runner.Run) (journal.Data, error) {
	var made []string
	for _, o := range p.carried.Created {
		made = append(made, fmt.Sprint(o))
	}
	return journal.Data{
		"counters_raised": len(p.raised), "stored": p.carried.Stored, "created": made,
		"says": fmt.Sprintf("%d counters raised, %d triggers and events ready", len(p.raised), p.carried.Stored),
	}, nil
}

// Undo implements [runner.Action]. A counter that was raised stays raised.
func (p *prepare) Undo(context.Context, *runner.Run) error { return nil }
