package steps

import (
	"context"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// marker writes a row behind everything that the writers have written. It must
// be another session's: the fence's transaction ends up in the log only when it
// is committed. And it is needed: a writer's locks are gone before its
// transaction counts as executed, but its events are in the log by then.
type marker struct{}

func newMarker(plans.Step) runner.Action { return marker{} }

// Apply implements [runner.Action].
func (marker) Apply(ctx context.Context, r *runner.Run) (err error) {
	r.Pause.Marker, err = ownership.Send(ctx, r.DB(r.From()), r.Migration, ownership.Marker, r.From())
	return err
}

// Confirm implements [runner.Action].
func (marker) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	return journal.Data{"marker": r.Pause.Marker.ID}, nil
}

// Undo implements [runner.Action].
func (marker) Undo(context.Context, *runner.Run) error { return nil }
