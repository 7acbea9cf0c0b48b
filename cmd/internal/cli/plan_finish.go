package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/fencing"
	"tandem/internal/guard"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

type planFinishOptions struct{ confirm, journal string }

func newPlanFinishCommand(a *app) *cobra.Command {
	var o planFinishOptions
	cmd := &cobra.Command{
		Use:   "finish",
		Short: "Take the guards away, and list what is left",
		Long: `Take the guards away on both sides, once nothing is to be handed over any more for
now. They cost every write a little; without them a forgotten writer on the old side
is not refused, but its changes are still kept apart and never applied. Then list
what is left: where each group is, and the fences that stand.

Links go on: the way back stays open, and tandem rollback arms the guards anew.

EXIT STATUS
   0  done
   1  failed, or a run has not ended
   2  wrong usage, or a mistake in tandem.yaml
  10  the source cannot be reached
  11  the target cannot be reached
  12  another tandem runs a plan`,
		Example: `  tandem plan finish`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runPlanFinish(cmd.Context(), a, o) },
	}
	cmd.Flags().StringVar(&o.confirm, "confirm", "", "the migration's `name`, instead of being asked")
	cmd.Flags().StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

// finished is what is left after plan finish.
type finished struct {
	Version       int               `json:"version"`
	GuardsRemoved int               `json:"guards_removed"`
	Groups        []runner.Standing `json:"groups"`
	Fences        []string          `json:"fences"`
	Journal       string            `json:"journal"`
}

func runPlanFinish(ctx context.Context, a *app, o planFinishOptions) error {
	w, err := a.openWork(ctx, o.confirm, o.journal, false)
	if err != nil {
		return err
	}
	defer w.close()
	if err := a.agree(o.confirm, w.cfg.Migration, "the guards are taken away on both sides"); err != nil {
		return err
	}
	r, err := w.open(ctx, false, a.planScreen())
	if err != nil {
		return err
	}
	defer closeRunner(a, r)
	if u := runner.Unfinished(r.History()); u != nil {
		return &runner.UnfinishedError{Run: u.Run, Plan: u.Plan, Step: u.At()}
	}
	left := finished{Version: 1, Groups: []runner.Standing{}, Fences: []string{}, Journal: w.file}
	for _, side := range []ownership.Side{ownership.Source, ownership.Target} {
		dropped, err := guard.Disarm(ctx, w.sides[side].DB, w.cfg.Migration, w.databases(), guard.DisarmOptions{})
		left.GuardsRemoved += len(dropped)
		if err != nil {
			return fmt.Errorf("take the guards away on the %s: %w", side, err)
		}
		fences, err := fencing.Read(ctx, w.sides[side].DB, fencing.Which{Migration: w.cfg.Migration})
		if err != nil {
			return err
		}
		for _, f := range fences {
			left.Fences = append(left.Fences, fmt.Sprintf("%s: %s", side, f.String()))
		}
	}
	if left.Groups, _, err = runner.Stand(ctx, w.cfg.Migration, plans.GroupNames(w.cfg), w.sides); err != nil {
		return err
	}
	if err := r.Note(ctx, journal.Data{"finished": true, "guards_removed": left.GuardsRemoved}); err != nil {
		return err
	}
	return a.result(left, left.write)
}

// databases are those with tables that move.
func (w *planWork) databases() []string {
	var list []string
	for _, t := range w.all {
		if !slices.Contains(list, t.Name.Schema) {
			list = append(list, t.Name.Schema)
		}
	}
	return list
}

func (f finished) write(out ui.Stream) error {
	var b strings.Builder
	fmt.Fprintf(&b, "guards   %d taken away\n", f.GuardsRemoved)
	for _, g := range f.Groups {
		fmt.Fprintf(&b, "group    %s is on the %s (epoch %d)\n", g.Group, g.Owner, g.Epoch)
	}
	for _, one := range f.Fences {
		fmt.Fprintf(&b, "fence    %s; tandem rollback lifts it\n", one)
	}
	fmt.Fprintf(&b, "journal  %s, and _tandem.journal on both sides\n", f.Journal)
	_, err := fmt.Fprint(out, b.String())
	return err
}
