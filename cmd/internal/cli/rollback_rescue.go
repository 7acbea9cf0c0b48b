package cli

import (
	"context"

	"tandem/plans/runner"
)

// rescue takes over from a side that can not be reached.
func (w *planWork) rescue(_ context.Context, _ *runner.Runner, _ rollbackOptions) error {
	for _, err := range w.away {
		return err
	}
	return nil
}
