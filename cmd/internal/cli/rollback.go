package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/plans/runner"
)

type rollbackOptions struct {
	stage    string
	all      bool
	takeOver bool
	without  string
	confirm  string
	journal  string
}

func newRollbackCommand(a *app) *cobra.Command {
	var o rollbackOptions
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Bring writers back to the old side",
		Long: `Hand the last stage that was handed over back to the side it came from: the same
steps in the other direction, so nothing is lost while the link back runs. It needs
nothing but tandem.yaml. It says what it will do and what could be lost, and asks
once.

If the new side is dead it says which of its transactions have not come back, asks
for a typed confirmation, and takes over without them. They are kept when that side
returns, and written down to be looked at.

EXIT STATUS
    0  applications write on the old side
    1  failed; the message says at which step, and what to type
    2  wrong usage, or a mistake in tandem.yaml
    4  not handed back: applications write where they wrote
    6  it is not known where applications write: tandem plan repair
   10  the source cannot be reached
   11  the target cannot be reached, and neither can the source
   12  another tandem is at work and does not let go
  130  stopped by Ctrl-C or SIGTERM; the same command goes on`,
		Example: `  tandem rollback
  tandem rollback --stage orders
  tandem rollback --all`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRollback(cmd.Context(), a, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.stage, "stage", "", "bring back the stage of that `name`, instead of the last one")
	f.BoolVar(&o.all, "all", false, "bring back every stage of the last run, the last one first")
	f.BoolVar(&o.takeOver, "take-over", false, "end the connections of a runner that hangs; it can do no harm when it wakes up")
	f.StringVar(&o.without, "without", "", "take over without that `side`, source or target, if it is dead, instead of being asked")
	f.StringVar(&o.confirm, "confirm", "", "the migration's `name`, instead of being asked")
	f.StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

func runRollback(ctx context.Context, a *app, o rollbackOptions) error {
	if o.all && o.stage != "" {
		return usageError(errors.New("rollback: --stage and --all can not be given both"))
	}
	if o.without != "" {
		if err := oneOf("without", o.without, []string{"source", "target"}); err != nil {
			return err
		}
	}
	w, err := a.openWork(ctx, o.confirm, o.journal, true)
	if err != nil {
		return err
	}
	defer w.close()
	screen := a.planScreen()
	r, err := w.openForRollback(ctx, o, screen)
	if err != nil {
		return err
	}
	defer closeRunner(a, r)
	a.stage.stopping("undoing what is not handed back, leaving what is", "the same command goes on")
	if len(w.away) > 0 {
		return w.rescue(ctx, r, o)
	}
	way, err := r.WayBack(ctx, runner.Choice{Stage: o.stage, All: o.all})
	if err != nil {
		return err
	}
	w.showWay(way)
	if err := a.agree(o.confirm, w.cfg.Migration, fmt.Sprintf("writers go back to the %s", way.To)); err != nil {
		return err
	}
	return w.outcome(r, r.Rollback(ctx, way))
}

// openForRollback takes the lease, from a runner that is baking if need be.
func (w *planWork) openForRollback(ctx context.Context, o rollbackOptions, screen *planScreen) (*runner.Runner, error) {
	r, err := w.open(ctx, o.takeOver, screen)
	var held *runner.HeldError
	if !errors.As(err, &held) {
		return r, err
	}
	u, unread := w.unfinished(ctx)
	if unread != nil || u == nil || u.Mode != runner.HandOver {
		return nil, errors.Join(err, unread)
	}
	if err := w.askToStop(ctx, *u, "rollback"); err != nil {
		var stopped *hintError
		if !errors.As(err, &stopped) {
			return nil, err
		}
	}
	return w.open(ctx, o.takeOver, screen)
}

// showWay says what will be done, and what it may cost.
func (w *planWork) showWay(way *runner.Way) {
	w.showStages(way)
	w.say("  %s", sayLink(runner.Into(way.To), way.Link))
	switch {
	case way.Bound == 0:
		w.say("  nothing will be lost: the way back is drained before anything is handed over")
	case way.Bound > 0:
		w.say("  %s have not come back yet; nothing is handed over before they have: tandem replicate must run", amount(way.Bound, "transaction"))
	default:
		w.say("  how far the way back is behind is not known; nothing is handed over before it is drained")
	}
}

func (w *planWork) showStages(way *runner.Way) {
	w.say("%s", w.err.Paint(ui.Bold, fmt.Sprintf("plan %s, run %s", way.Plan, way.Of)))
	for _, s := range way.Stages {
		handed := "handed over"
		if !s.Handed.IsZero() {
			handed += " " + ui.Duration(time.Since(s.Handed)) + " ago"
		}
		if s.Pause > 0 {
			handed += ", writers waited " + ui.Duration(s.Pause)
		}
		w.say("  stage %s goes back to the %s: %s (%s)", s.Name, way.To, strings.Join(s.Groups, ", "), handed)
	}
}
