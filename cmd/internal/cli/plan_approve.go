package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/suggest"
	"tandem/plans"
	"tandem/plans/runner"
)

type planApproveOptions struct{ digest, journal string }

func newPlanApproveCommand(a *app) *cobra.Command {
	var o planApproveOptions
	cmd := &cobra.Command{
		Use:   "approve STAGE",
		Short: "Let a waiting stage go on",
		Long: `Approve a stage of the run that is waiting for it, from any terminal or machine.
The approval is for one plan, by its digest: that of the run is shown, and must be
given, or agreed to when asked.

EXIT STATUS
   0  the approval is given; the run takes it within a second
   1  failed, or no run is waiting
   2  wrong usage, or another digest than the run's
  10  the source cannot be reached, nor the target`,
		Example: `  tandem plan approve orders
  tandem plan approve orders --digest 5d1f0c3a9b7e`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return usageError(withHint(errors.New("plan approve: one stage is needed"), "tandem plan approve STAGE"))
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runPlanApprove(cmd.Context(), a, o, args[0]) },
	}
	cmd.Flags().StringVar(&o.digest, "digest", "", "the `digest` of the plan that is approved: its first digits")
	cmd.Flags().StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

func runPlanApprove(ctx context.Context, a *app, o planApproveOptions, stage string) error {
	w, err := a.openWork(ctx, "", o.journal, true)
	if err != nil {
		return err
	}
	defer w.close()
	u, err := w.unfinished(ctx)
	if err != nil {
		return err
	}
	if u == nil {
		return withHint(errors.New("plan approve: no run is waiting"), "tandem plan run begins one; it says when it waits for a person")
	}
	if err := stageOf(*u, stage); err != nil {
		return err
	}
	switch {
	case o.digest == "":
		question := fmt.Sprintf("approve stage %s of plan %s, run %s, digest %s", stage, u.Plan, u.Run, u.Digest[:12])
		ok, err := ui.NewPrompter(a.Stdin, a.err, a.flags.noInput).Confirm(question, stage)
		if errors.Is(err, ui.ErrNoInput) {
			return usageError(withHint(err, "give --digest "+u.Digest[:12]+", if that is the plan you mean"))
		}
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was approved")
		}
	case len(o.digest) < leastDigest:
		return usageError(fmt.Errorf("--digest: %q is too short; give at least %d digits", o.digest, leastDigest))
	case !strings.HasPrefix(u.Digest, o.digest):
		return &plans.DriftError{What: "approved", Drift: []plans.Drift{{Name: fmt.Sprintf("the digest (the run's is %s)", u.Digest[:12]), How: plans.Changed}}}
	}
	host, _ := os.Hostname() // unknown is empty
	ask := runner.Request{Run: u.Run, Kind: runner.AskApprove, Stage: stage, Digest: u.Digest, Who: whoAmI(host)}
	if err := runner.Ask(ctx, w.cfg.Migration, w.sides, ask); err != nil {
		return err
	}
	a.say("stage %s of run %s is approved", stage, u.Run)
	return nil
}

// unfinished returns the run that has not ended, or nil.
func (w *planWork) unfinished(ctx context.Context) (*runner.Past, error) {
	list, err := w.history(ctx)
	if err != nil {
		return nil, err
	}
	return runner.Unfinished(list), nil
}

// stageOf makes sure that a run has a stage.
func stageOf(p runner.Past, stage string) error {
	spec, err := p.Spec()
	if err != nil {
		return err
	}
	var names []string
	for _, s := range spec.Stages {
		if s.Name == stage {
			return nil
		}
		names = append(names, s.Name)
	}
	hint := "its stages are " + strings.Join(names, ", ")
	if near := suggest.Nearest(stage, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usageError(withHint(fmt.Errorf("run %s has no stage %q", p.Run, stage), hint))
}
