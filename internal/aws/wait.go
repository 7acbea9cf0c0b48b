package aws

import (
	"context"
	"fmt"
	"time"
)

const (
	firstPoll = time.Second
	lastPoll  = 15 * time.Second
	// patience is how many polls in a row may fail for a reason that passes. Each
	// has tried several times itself.
	patience = 10
)

// poll takes a step again and again until it is done, less often as time goes by.
// What takes minutes there is not given up because of a bad minute here.
func (c *Client) poll(ctx context.Context, what string, step func(context.Context) (done bool, err error)) error {
	every, failures := firstPoll, 0
	for {
		done, err := step(ctx)
		switch {
		case err == nil && done:
			return nil
		case err == nil:
			failures = 0
		case ctx.Err() == nil && temporary(err) && failures < patience:
			failures++
		default:
			return err
		}
		if err := c.options.Pause(ctx, every); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		every = min(every*3/2, lastPoll)
	}
}

// pause is how real time passes.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
