package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tandem/plans/runner"
)

type planAbortOptions struct{ confirm, journal string }

func newPlanAbortCommand(a *app) *cobra.Command {
	var o planAbortOptions
	cmd := &cobra.Command{
		Use:   "abort",
		Short: "Stop a run, and undo the handover it is in",
		Long: `Stop the run that has not ended, from any terminal or machine. In front of the
point of no return of a stage everything is undone; in the pause the fence is let go
of first. A stage that is handed over stays so: tandem rollback brings it back.

EXIT STATUS
   0  the run is stopped, and what it was in is undone
   1  failed, or no run is unfinished, or it is behind the point of no return
   2  wrong usage, or a mistake in tandem.yaml
  10  the source cannot be reached, nor the target`,
		Example: `  tandem plan abort`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runPlanAbort(cmd.Context(), a, o) },
	}
	cmd.Flags().StringVar(&o.confirm, "confirm", "", "the migration's `name`, instead of being asked")
	cmd.Flags().StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

func runPlanAbort(ctx context.Context, a *app, o planAbortOptions) error {
	w, err := a.openWork(ctx, o.confirm, o.journal, true)
	if err != nil {
		return err
	}
	defer w.close()
	u, err := w.unfinished(ctx)
	if err != nil {
		return err
	}
	if u == nil {
		return fmt.Errorf("plan abort: no run is unfinished: %w", runner.ErrNothing)
	}
	if err := a.agree(o.confirm, w.cfg.Migration, fmt.Sprintf("run %s of plan %s is stopped, at %s", u.Run, u.Plan, orBegin(u.At()))); err != nil {
		return err
	}
	screen := a.planScreen()
	r, err := w.open(ctx, false, screen)
	var held *runner.HeldError
	if errors.As(err, &held) {
		return w.askToStop(ctx, *u, "plan abort")
	}
	if err != nil {
		return err
	}
	defer closeRunner(a, r)
	p, err := r.Abort(ctx)
	if err != nil {
		return err
	}
	a.say("run %s is ended; applications write where they wrote", p.Run)
	return nil
}

// stopPatience is how long a runner may take to stop.
const stopPatience = time.Minute

// askToStop asks the runner at work to stop, and waits until it has let go.
func (w *planWork) askToStop(ctx context.Context, u runner.Past, why string) error {
	host, _ := os.Hostname() // unknown is empty
	if err := runner.Ask(ctx, w.cfg.Migration, w.sides, runner.Request{Run: u.Run, Kind: runner.AskStop, Stage: why, Who: whoAmI(host)}); err != nil {
		return err
	}
	w.say("the runner is asked to stop")
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	for {
		l, err := runner.Acquire(ctx, w.cfg.Migration, w.sides, runner.LeaseOptions{Host: host, Process: os.Getpid(), Wait: time.Second})
		if err == nil {
			if err := l.Close(); err != nil {
				return err
			}
			return w.stopped(ctx, u.Run)
		}
		var held *runner.HeldError
		if !errors.As(err, &held) || ctx.Err() != nil {
			return fmt.Errorf("the runner was asked to stop and has not: %w", err)
		}
	}
}

// stopped says what the run that was asked to stop has come to.
func (w *planWork) stopped(ctx context.Context, run string) error {
	list, err := w.history(ctx)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.Run != run {
			continue
		}
		if p.Ended.IsZero() {
			return withHint(fmt.Errorf("run %s has stopped behind a point of no return, at %s, and was not undone", run, p.At()),
				"tandem rollback brings writers back", "tandem plan resume goes on")
		}
		w.say("run %s is ended: %s", run, p.Outcome)
	}
	return nil
}
