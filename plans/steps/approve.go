package steps

import (
	"context"
	"fmt"
	"time"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// approve waits for a person: a request of that kind, for this stage and this
// digest.
type approve struct{ by string }

func newApprove(plans.Step) runner.Action { return &approve{} }

// Apply implements [runner.Action].
func (a *approve) Apply(ctx context.Context, r *runner.Run) error {
	r.Say(fmt.Sprintf("waits for a person: tandem plan approve %s --digest %s", r.Stage, short(r.Digest)))
	tick := time.NewTicker(approveEvery)
	defer tick.Stop()
	for {
		if by, given := a.given(ctx, r); given {
			a.by = by
			return r.Approved(ctx, journal.Data{"stage": r.Stage, "who": by, "digest": r.Digest})
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

const approveEvery = 300 * time.Millisecond

// given looks for an approval. One for another digest is for another plan.
func (a *approve) given(ctx context.Context, r *runner.Run) (by string, given bool) {
	list, err := r.Asked(ctx)
	if err != nil {
		return "", false // asked again in a moment
	}
	for _, one := range list {
		if one.Kind != runner.AskApprove || one.Stage != r.Stage {
			continue
		}
		if one.Digest != r.Digest {
			r.Say(fmt.Sprintf("%s has approved another plan (digest %s), this one is %s", one.Who, short(one.Digest), short(r.Digest)))
			continue
		}
		return one.Who, true
	}
	return "", false
}

// Confirm implements [runner.Action].
func (a *approve) Confirm(ctx context.Context, r *runner.Run) (journal.Data, error) {
	if err := r.Took(ctx, runner.AskApprove); err != nil {
		return nil, err
	}
	return journal.Data{"who": a.by, "says": "approved by " + a.by}, nil
}

// Undo implements [runner.Action]. An approval holds for the run it was given to.
func (a *approve) Undo(context.Context, *runner.Run) error { return nil }

// short is enough of a digest to be told from others.
func short(digest string) string { return digest[:min(12, len(digest))] }
