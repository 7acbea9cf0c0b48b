package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/internal/cloud"
	"tandem/plans/runner"
)

// cloudError is an error of a cloud with what to do about it.
type cloudError struct {
	err  error
	hint string
}

func (e *cloudError) Error() string { return e.err.Error() }
func (e *cloudError) Unwrap() error { return e.err }

// Hint says what to do.
func (e *cloudError) Hint() string { return e.hint }

// cloudAgain is how long to wait before a cloud is asked again.
const cloudAgain = 2 * time.Second

// cloudTries is how often it is asked. The clients ask again by themselves while a
// cloud is throttled or broken for a moment.
const cloudTries = 8

// final tells whether a cloud's answer will be the same however often it is asked.
func final(err error) bool {
	for _, one := range []error{cloud.ErrNotFound, cloud.ErrExists, cloud.ErrStale, cloud.ErrDenied, cloud.ErrNoCredentials} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// settled asks a cloud again and again, until it answers or it is enough: it is
// throttled, broken for a moment, busy with something else. What changes something
// must find out itself whether it has happened before it asks for it again.
func settled(ctx context.Context, r *runner.Run, what string, ask func() error) error {
	for try := 1; ; try++ {
		err := ask()
		if err == nil || final(err) || ctx.Err() != nil || try == cloudTries {
			return err
		}
		r.Say(fmt.Sprintf("%s: asked again in %s: %v", what, cloudAgain, err))
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(cloudAgain):
		}
	}
}
