package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

type planResumeOptions struct {
	takeOver bool
	confirm  string
	journal  string
}

func newPlanResumeCommand(a *app) *cobra.Command {
	var o planResumeOptions
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Go on with a run that was stopped",
		Long: `Go on with the run that has not ended, from any machine. Who owns which group is
read from the databases; what was tried, from any copy of the journal. A stage that
is not handed over begins anew, one that is goes on.

EXIT STATUS
  as tandem plan run; 1 if no run is unfinished`,
		Example: `  tandem plan resume`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runPlanResume(cmd.Context(), a, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.takeOver, "take-over", false, "end the connections of a runner that hangs; it can do no harm when it wakes up")
	f.StringVar(&o.confirm, "confirm", "", "the migration's `name`, instead of being asked")
	f.StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

func runPlanResume(ctx context.Context, a *app, o planResumeOptions) error {
	w, err := a.openWork(ctx, o.confirm, o.journal, false)
	if err != nil {
		return err
	}
	defer w.close()
	u, err := w.unfinished(ctx)
	if err != nil {
		return err
	}
	if u != nil {
		if err := a.agree(o.confirm, w.cfg.Migration, fmt.Sprintf("run %s (%s) of plan %s goes on, at %s", u.Run, u.Mode, u.Plan, orBegin(u.At()))); err != nil {
			return err
		}
	}
	screen := a.planScreen()
	r, err := w.open(ctx, o.takeOver, screen)
	if err != nil {
		return err
	}
	defer closeRunner(a, r)
	a.stage.stopping("undoing what is not handed over, leaving what is", "tandem plan resume goes on\ntandem plan abort ends the run")
	return w.outcome(r, r.Resume(ctx))
}

func orBegin(step string) string {
	if step == "" {
		return "its beginning"
	}
	return "step " + step
}
