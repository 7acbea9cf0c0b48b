package steps

import (
	"context"
	"fmt"

	"tandem/internal/fencing"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// closeOld closes the side that has given the groups away, with the fences that
// the plan has besides the guard. They have no deadline: it stays closed until a
// handover brings the groups back.
type closeOld struct{ spec *plans.Fence }

func newClose(s plans.Step) runner.Action { return &closeOld{s.Spec.(*plans.Fence)} }

// Apply implements [runner.Action].
func (c *closeOld) Apply(ctx context.Context, r *runner.Run) error {
	if r.DB(r.From()) == nil {
		return nil // it is dead
	}
	_, err := fencing.Raise(ctx, r.DB(r.From()), others(r, c.spec, r.From(), 0), programs(r))
	return err
}

// Confirm implements [runner.Action].
func (c *closeOld) Confirm(ctx context.Context, r *runner.Run) (journal.Data, error) {
	if r.DB(r.From()) == nil {
		return journal.Data{"says": fmt.Sprintf("the %s can not be reached; it is not closed", r.From())}, nil
	}
	says, err := fencing.Confirm(ctx, r.DB(r.From()), others(r, c.spec, r.From(), 0))
	if err != nil {
		return nil, err
	}
	data := journal.Data{"says": few(says, 3), "fences": says}
	return data, c.prove(ctx, r, data)
}

// prove tries to write the old side as the application's user, where the plan
// names one: read_only does not bind whoever administers connections, which only
// a write that is tried can tell.
func (c *closeOld) prove(ctx context.Context, r *runner.Run, data journal.Data) error {
	if !c.spec.ReadOnly || c.spec.ProveAs == nil {
		return nil
	}
	e, err := asApplication(r, c.spec.ProveAs, r.From())
	if err != nil {
		data["proof"] = "not tried: " + err.Error()
		return nil
	}
	proof, err := fencing.Prove(ctx, e, r.AllTables())
	if err != nil {
		return fmt.Errorf("the %s is not closed: %w", r.From(), err)
	}
	data["proof"] = proof.Says
	return nil
}

// Undo implements [runner.Action].
func (c *closeOld) Undo(ctx context.Context, r *runner.Run) error {
	if r.DB(r.From()) == nil {
		return nil
	}
	return liftOthers(ctx, r)
}

// opening lets applications in on the new owner's side, before what it wraps
// waits for the news to arrive there: the handover is done, and everything that
// came before it has been applied there.
type opening struct{ runner.Action }

// Apply implements [runner.Action].
func (o opening) Apply(ctx context.Context, r *runner.Run) error {
	if err := openNewOwner(ctx, r); err != nil {
		return err
	}
	return o.Action.Apply(ctx, r)
}
