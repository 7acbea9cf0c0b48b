package steps

import (
	"context"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// prepare gets the new owner ready for writers. What fires there is made by the
// link that brings the new owner's row, so that it never fires for a change that
// a link applies; here are the counters, which harm nobody if the handover is
// undone.
type prepare struct{}

func newPrepare(plans.Step) runner.Action { return &prepare{} }

// Apply implements [runner.Action].
func (p *prepare) Apply(context.Context, *runner.Run) error { return nil }

// Confirm implements [runner.Action].
func (p *prepare) Confirm(context.Context, *runner.Run) (journal.Data, error) { return nil, nil }

// Undo implements [runner.Action]. A counter that was raised stays raised.
func (p *prepare) Undo(context.Context, *runner.Run) error { return nil }
