package steps

import (
	"context"
	"errors"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// commit is the point of no return: the owner's row names the other side, and
// the transaction that has held it since the fence ends.
type commit struct{}

func newCommit(plans.Step) runner.Action { return commit{} }

// Apply implements [runner.Action].
func (commit) Apply(ctx context.Context, r *runner.Run) error {
	if r.Pause.Fence == nil {
		return errors.New("there is no fence")
	}
	if err := stillUp(ctx, r); err != nil {
		return err
	}
	records, err := r.Pause.Fence.HandOver(ctx, r.To())
	if err != nil {
		return err
	}
	r.Pause.Records = records
	return nil
}

// Confirm implements [runner.Action].
func (commit) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	data := journal.Data{"owner": string(r.To())}
	for _, one := range r.Pause.Records {
		data["epoch_"+one.Group] = one.Epoch
	}
	return data, nil
}

// Undo implements [runner.Action]. There is no way back but a handover.
func (commit) Undo(context.Context, *runner.Run) error { return nil }
