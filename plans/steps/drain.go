package steps

import (
	"context"
	"fmt"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// drain waits until the other side has applied the marker.
type drain struct{}

func newDrain(plans.Step) runner.Action { return drain{} }

// Apply implements [runner.Action].
func (drain) Apply(ctx context.Context, r *runner.Run) error {
	link := r.LinkName(runner.Into(r.To()))
	if err := ownership.AwaitSeen(ctx, r.DB(r.To()), link, r.Pause.Marker); err != nil {
		return fmt.Errorf("marker %d has not arrived through link %s: %w", r.Pause.Marker.ID, link, err)
	}
	return nil
}

// Confirm implements [runner.Action]. That the marker is there is what was waited
// for: to ask once more would make writers wait for nothing.
func (drain) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	return journal.Data{"marker": r.Pause.Marker.ID}, nil
}

// Undo implements [runner.Action].
func (drain) Undo(context.Context, *runner.Run) error { return nil }
