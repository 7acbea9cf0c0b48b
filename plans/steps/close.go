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
	_, err := fencing.Raise(ctx, r.DB(r.From()), others(r, c.spec, r.From(), 0), fencing.UserPrograms(r.LookupEnv))
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
	return journal.Data{"says": few(says, 3), "fences": says}, nil
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
