package steps

import (
	"context"
	"errors"
	"time"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// fence takes the lock that the guards ask for. The same transaction holds the
// runner's lease, so that no other runner can begin before it ends, and it is the
// one that hands over.
type fence struct{ spec *plans.Fence }

func newFence(s plans.Step) runner.Action {
	spec, _ := s.Spec.(*plans.Fence) // none is the guard
	return &fence{spec}
}

// Apply implements [runner.Action].
func (f *fence) Apply(ctx context.Context, r *runner.Run) error {
	if !f.spec.Guarded() {
		if err := raiseOthers(ctx, r, f.spec); err != nil {
			return err
		}
	}
	o := ownership.FenceOptions{Budget: r.Pause.Budget}
	if f.spec != nil {
		o.Wait = time.Duration(f.spec.Wait)
	}
	up, err := ownership.Raise(ctx, r.DB(r.From()), r.Migration, r.From(), r.Groups, o)
	var busy *ownership.BusyError
	if errors.As(err, &busy) {
		return &runner.BusyError{Step: r.Stage + "/fence", Err: err}
	}
	if err != nil {
		return err
	}
	r.Pause.Fence, r.Pause.Granted = up, r.Now()
	return r.Lease.Hold(ctx, up)
}

// Confirm implements [runner.Action]. That the lock was granted is all there is to
// know: whoever asks for it waits.
func (f *fence) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	data := journal.Data{"connection": r.Pause.Fence.ID(), "granted_after": r.Pause.Granted.Sub(r.Pause.Asked)}
	for _, one := range r.Pause.Fence.Records() {
		data["epoch_"+one.Group] = one.Epoch
	}
	return data, nil
}

// Undo implements [runner.Action].
func (f *fence) Undo(ctx context.Context, r *runner.Run) error {
	var failed []error
	if r.Pause.Fence != nil {
		failed = append(failed, r.Pause.Fence.LetGo(ctx))
	}
	if !f.spec.Guarded() {
		failed = append(failed, liftOthers(ctx, r))
	}
	return errors.Join(failed...)
}
