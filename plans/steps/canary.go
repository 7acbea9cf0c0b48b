package steps

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// canary goes from the new owner to the old one, the way that a rollback needs.
// One that does not arrive in time is reported; whether that brings the stage
// back is the bake's to say.
type canary struct {
	deadline time.Duration
	took     time.Duration
	late     bool
}

func newCanary(s plans.Step) runner.Action { return &canary{deadline: time.Duration(s.Deadline)} }

// Apply implements [runner.Action].
func (c *canary) Apply(ctx context.Context, r *runner.Run) error {
	began := r.Now()
	signal, err := ownership.Send(ctx, r.DB(r.To()), r.Migration, ownership.Marker, r.To())
	if err != nil {
		return err
	}
	link := r.LinkName(runner.Into(r.From()))
	r.Say(fmt.Sprintf("a canary is on its way through link %s", link))
	within := ctx
	if c.deadline > 0 {
		bounded, cancel := context.WithTimeout(ctx, c.deadline)
		defer cancel()
		within = bounded
	}
	for {
		err = ownership.AwaitSeen(within, r.DB(r.From()), link, signal)
		c.took = r.Now().Sub(began)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case within.Err() != nil:
			c.late = true
			return nil
		}
		// The old side may be away for a moment: nobody writes there.
		r.Say(fmt.Sprintf("the old side can not be asked about the canary: %v", err))
		select {
		case <-ctx.Done():
		case <-within.Done():
		case <-time.After(time.Second):
		}
	}
}

// Confirm implements [runner.Action].
func (c *canary) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	if c.late {
		return journal.Data{"arrived": false, "says": fmt.Sprintf("the canary has not arrived within %s: a rollback would have to wait for the %s link", c.deadline, runner.Into(r.From()))}, nil
	}
	return journal.Data{"arrived": true, "says": "arrived after " + c.took.Round(time.Millisecond).String()}, nil
}

// Undo implements [runner.Action].
func (c *canary) Undo(context.Context, *runner.Run) error { return nil }
