package steps

import (
	"context"
	"fmt"
	"time"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// carry waits until the new owner knows that it is: the link brings it the old
// owner's row, behind every change that came before. Nothing is done for it here,
// and if the link does not run it is waited for: then nobody may write.
type carry struct{ at time.Time }

func newCarry(plans.Step) runner.Action { return &carry{} }

// carrySoon is how long this takes while all is well; later people are told.
const carrySoon = 2 * time.Second

// Apply implements [runner.Action].
func (c *carry) Apply(ctx context.Context, r *runner.Run) (err error) {
	soon, cancel := context.WithTimeout(ctx, carrySoon)
	c.at, err = r.Arrived(soon)
	cancel()
	if err == nil || ctx.Err() != nil {
		return err
	}
	r.Say(fmt.Sprintf("the %s link has not brought the new owner's row to the %s yet; until it does nobody can write: tandem replicate must run",
		runner.Into(r.To()), r.To()))
	c.at, err = r.Arrived(ctx)
	return err
}

// Confirm implements [runner.Action].
func (c *carry) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	data := journal.Data{"owner": string(r.To())}
	if !r.Pause.Granted.IsZero() {
		pause := c.at.Sub(r.Pause.Granted)
		data["pause"], data["pause_asked"] = pause, c.at.Sub(r.Pause.Asked)
		data["says"] = "writers waited " + pause.Round(100*time.Microsecond).String()
		r.Paused(pause)
	}
	return data, nil
}

// Undo implements [runner.Action].
func (c *carry) Undo(context.Context, *runner.Run) error { return nil }
