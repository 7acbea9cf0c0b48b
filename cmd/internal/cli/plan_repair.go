package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/fencing"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

type planRepairOptions struct {
	fix     bool
	journal string
}

func newPlanRepairCommand(a *app) *cobra.Command {
	var o planRepairOptions
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Say what is true after an unknown outcome, and what to type",
		Long: `Read both databases and every copy of the journal, and say what is true: who owns
which group, whether the owner knows, which run has not ended and where it stopped,
which fences stand, who holds the lease. It ends with the command to type. Nothing
is changed, unless --fix is given: then the copies of the journal are brought up to
date, and fences that are nobody's any more are lifted.

EXIT STATUS
   0  all is known
   1  failed
   2  wrong usage, or a mistake in tandem.yaml
   6  it is not known who owns a group: a side must be reached first
  12  --fix: another tandem is at work`,
		Example: `  tandem plan repair
  tandem plan repair --fix`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPlanRepair(cmd.Context(), a, o) },
	}
	cmd.Flags().BoolVar(&o.fix, "fix", false, "do what is safe: journal copies, fences that are left over")
	cmd.Flags().StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

// repairReport is what is true.
type repairReport struct {
	Version int                             `json:"version"`
	Away    map[ownership.Side]string       `json:"unreachable,omitempty"`
	Leases  map[ownership.Side]runner.Owner `json:"leases"`
	Journal []string                        `json:"journal"`
	Groups  []runner.Standing               `json:"groups"`
	Run     string                          `json:"unfinished_run,omitempty"`
	At      string                          `json:"stopped_at,omitempty"`
	Fences  []string                        `json:"fences"`
	Says    []string                        `json:"says"`
	Next    []string                        `json:"next"`
	Fixed   []string                        `json:"fixed,omitempty"`
}

// unknownOwners ends repair with the code of what is ambiguous.
type unknownOwners struct{ groups []string }

func (e *unknownOwners) Error() string {
	return "it is not known who owns " + strings.Join(e.groups, ", ")
}

func runPlanRepair(ctx context.Context, a *app, o planRepairOptions) error {
	w, err := a.openWork(ctx, "", o.journal, true)
	if err != nil {
		return err
	}
	defer w.close()
	rep := &repairReport{Version: 1, Away: map[ownership.Side]string{}, Leases: map[ownership.Side]runner.Owner{}, Fences: []string{}, Journal: []string{}, Next: []string{}, Says: []string{}}
	if o.fix {
		if err := w.fix(ctx, rep); err != nil {
			return err
		}
	}
	if err := w.look(ctx, rep); err != nil {
		return err
	}
	if err := a.result(rep, rep.write); err != nil {
		return err
	}
	var unknown []string
	for _, g := range rep.Groups {
		if !g.Known {
			unknown = append(unknown, g.Group)
		}
	}
	if len(unknown) > 0 {
		return &unknownOwners{unknown}
	}
	return nil
}

// look reads everything there is.
func (w *planWork) look(ctx context.Context, rep *repairReport) (err error) {
	for side, err := range w.away {
		rep.Away[side] = err.Error()
	}
	for side, d := range w.sides {
		if rep.Leases[side], err = runner.ReadLease(ctx, d.DB, w.cfg.Migration); err != nil {
			return err
		}
		fences, err := fencing.Read(ctx, d.DB, fencing.Which{Migration: w.cfg.Migration})
		if err != nil {
			return err
		}
		for _, f := range fences {
			rep.Fences = append(rep.Fences, fmt.Sprintf("%s: %s", side, f.String()))
		}
	}
	if rep.Groups, _, err = runner.Stand(ctx, w.cfg.Migration, plans.GroupNames(w.cfg), w.sides); err != nil {
		return err
	}
	copies := make([]journal.Copy, len(w.copies))
	for i, c := range w.copies {
		chain, err := c.Store.Read(ctx)
		copies[i] = journal.Copy{Name: c.Name, Chain: chain, Err: err}
		text := fmt.Sprintf("%s: %d entries", c.Name, len(chain.Entries))
		if err != nil {
			text += "; " + err.Error()
		}
		rep.Journal = append(rep.Journal, text)
	}
	merged, err := journal.Merge(copies...)
	if err != nil {
		rep.Says = append(rep.Says, err.Error())
		rep.Next = append(rep.Next, "keep all copies of the journal; the databases say who owns what")
		return nil
	}
	w.judge(rep, runner.Unfinished(runner.Pasts(merged.Chain)))
	return nil
}

// judge says in words what is true, and what to type.
func (w *planWork) judge(rep *repairReport, u *runner.Past) {
	owner := map[string]runner.Standing{}
	for _, g := range rep.Groups {
		owner[g.Group] = g
		switch {
		case g.Epoch == 0:
			rep.Says = append(rep.Says, fmt.Sprintf("group %s has no record yet: tandem replicate makes it", g.Group))
		case !g.Known:
			rep.Says = append(rep.Says, fmt.Sprintf("group %s: the side that can be reached says that the %s owns it; whether that still holds only the %s can say", g.Group, g.Owner, g.Owner))
		case !g.Arrived:
			rep.Says = append(rep.Says, fmt.Sprintf("group %s was handed over to the %s, which does not know it yet: nobody can write until tandem replicate brings it", g.Group, g.Owner))
			rep.Next = append(rep.Next, "tandem replicate, if it does not run")
		default:
			rep.Says = append(rep.Says, fmt.Sprintf("group %s: applications write on the %s (epoch %d)", g.Group, g.Owner, g.Epoch))
		}
	}
	if u == nil {
		rep.Says = append(rep.Says, "no run is unfinished")
		if len(rep.Next) == 0 && len(rep.Away) == 0 {
			rep.Next = append(rep.Next, "nothing: all is known")
		}
		return
	}
	rep.Run, rep.At = u.Run, u.At()
	spec, err := u.Spec()
	if err != nil {
		rep.Says = append(rep.Says, err.Error())
	}
	for _, s := range spec.Stages {
		tried := u.Tried(s.Name + "/fence")
		for _, g := range s.Groups {
			if tried && owner[g].Known {
				handed := "was handed over"
				if owner[g].Owner != u.To {
					handed = "was not handed over; what was tried is undone"
				}
				rep.Says = append(rep.Says, fmt.Sprintf("stage %s of run %s %s (group %s)", s.Name, u.Run, handed, g))
			}
		}
	}
	rep.Says = append(rep.Says, fmt.Sprintf("run %s (%s) of plan %s has not ended; it is at %s", u.Run, u.Mode, u.Plan, orBegin(u.At())))
	if len(rep.Away) > 0 {
		rep.Next = append(rep.Next, "tandem plan repair, once both sides can be reached", "tandem rollback, if that side is dead")
		return
	}
	rep.Next = append(rep.Next, "tandem plan resume goes on", "tandem plan abort ends it, if it is in front of the point of no return", "tandem rollback brings writers back, if it is behind")
}

// fix does what is safe: copies of the journal are brought up to date, and fences
// are lifted that stand on the side that owns their groups while no run goes on.
func (w *planWork) fix(ctx context.Context, rep *repairReport) error {
	r, err := w.open(ctx, false, w.planScreen())
	if err != nil {
		return err
	}
	defer closeRunner(w.app, r)
	if err := r.Note(ctx, journal.Data{"repaired": true}); err != nil {
		return err
	}
	rep.Fixed = append(rep.Fixed, "the copies of the journal that can be reached are up to date")
	if runner.Unfinished(r.History()) != nil {
		return nil
	}
	groups, _, err := runner.Stand(ctx, w.cfg.Migration, plans.GroupNames(w.cfg), w.sides)
	if err != nil {
		return err
	}
	for side, d := range w.sides {
		for _, g := range groups {
			if !g.Known || g.Owner != side {
				continue
			}
			lifted, err := fencing.Lift(ctx, d.DB, fencing.Which{Migration: w.cfg.Migration, Groups: []string{g.Group}}, w.programs())
			if err != nil {
				return err
			}
			for _, f := range lifted {
				rep.Fixed = append(rep.Fixed, fmt.Sprintf("lifted on the %s, which owns %s: %s", side, g.Group, f.String()))
			}
		}
	}
	return nil
}

func (rep *repairReport) write(out ui.Stream) error {
	var b strings.Builder
	list := func(title string, lines []string) {
		for i, line := range lines {
			if i > 0 {
				title = ""
			}
			fmt.Fprintf(&b, "%-9s %s\n", title, line)
		}
	}
	for side, why := range rep.Away {
		list("away", []string{string(side) + ": " + why})
	}
	list("true", rep.Says)
	list("fences", rep.Fences)
	list("journal", rep.Journal)
	list("fixed", rep.Fixed)
	list("next", rep.Next)
	_, err := fmt.Fprint(out, b.String())
	return err
}
