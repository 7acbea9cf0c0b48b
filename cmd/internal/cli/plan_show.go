package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/schema"
	"tandem/plans"
)

type planShowOptions struct {
	offline, brief bool
}

func newPlanShowCommand(a *app) *cobra.Command {
	var o planShowOptions
	cmd := &cobra.Command{
		Use:   "show [FILE]",
		Short: "Print the steps that a plan comes to, and its digest",
		Long: `Print the numbered steps of every stage: what each checks and does, how it is
confirmed, how it is undone, and how long it may take. The point of no return is
marked.

The digest stands for the plan and all that it depends on: the stages, the
programs they run, tandem.yaml without its credentials, and the source's tables
with their groups. With -o json its parts are there, too; a run refuses to go on
when one of them has changed. A digest that lacks something, because the source
could not be asked for one, says what.

EXIT STATUS
    0  done
    2  an error in the plan or in tandem.yaml, or wrong usage
    5  the steps are printed, but the digest lacks something
  130  stopped by Ctrl-C or SIGTERM`,
		Example: `  tandem plan show
  tandem plan show --brief
  tandem plan show plans/orders.yaml -o json > orders.json`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error { return runPlanShow(cmd.Context(), a, o, planFile(args)) },
	}
	cmd.Flags().BoolVar(&o.offline, "offline", false, "ask no server: the digest lacks the source's tables")
	cmd.Flags().BoolVar(&o.brief, "brief", false, "one line a step")
	return cmd
}

// shownPlan is what -o json prints.
type shownPlan struct {
	Version  int             `json:"version"`
	File     string          `json:"file"`
	Name     string          `json:"name"`
	Steps    []plans.Step    `json:"steps"`
	Digest   plans.Digest    `json:"digest"`
	Warnings []plans.Finding `json:"warnings,omitempty"`
	// Rehearsed is what the last rehearsal of this very plan took; nil if there was
	// none.
	Rehearsed *rehearsal.Past `json:"rehearsed,omitempty"`
	brief     bool
}

func runPlanShow(ctx context.Context, a *app, o planShowOptions, file string) error {
	around, err := a.surroundings(o.offline)
	if err != nil {
		return err
	}
	p, found, err := plans.Load(file)
	if err != nil {
		return err
	}
	if p == nil {
		return plans.AsError(found)
	}
	report, err := plans.Lint(ctx, p, found, around)
	if err != nil {
		return fmt.Errorf("show %s: %w", file, err)
	}
	if err := plans.AsError(report.Findings); err != nil {
		return err
	}
	shown := shownPlan{Version: 1, File: file, Name: p.Name, Warnings: report.Findings, brief: o.brief}
	var groups []string
	if around.Config != nil {
		groups = plans.GroupNames(around.Config)
	}
	shown.Steps = p.Steps(groups)
	var tables []*schema.Table
	if around.Tables != nil {
		// A source that can not be asked is among what lint has skipped.
		if tables, err = around.Tables.Tables(ctx); err != nil {
			tables = nil
		}
	}
	if shown.Digest, err = p.Digest(around.Config, tables); err != nil {
		return err
	}
	if around.Config != nil && shown.Digest.Complete() {
		if shown.Rehearsed, err = lastRehearsal(around.Config.File(), shown.Digest.Sum); err != nil {
			return err
		}
	}
	if err := a.result(shown, shown.write); err != nil {
		return err
	}
	for _, s := range report.Skipped {
		a.say("%s %s not looked at: %s", a.err.Paint(ui.Yellow, "skipped:"), s.Check, s.Why)
	}
	if !shown.Digest.Complete() && !o.offline {
		return &skippedError{fmt.Sprintf("the digest lacks %s", strings.Join(shown.Digest.Missing, ", "))}
	}
	return nil
}

func (s shownPlan) write(out ui.Stream) error {
	var b strings.Builder
	fmt.Fprintf(&b, "plan %s (%s)\n", out.Paint(ui.Bold, s.Name), s.File)
	stage, phase := "", plans.Phase("")
	for _, step := range s.Steps {
		if step.Stage != stage {
			fmt.Fprintf(&b, "\nstage %s: hands over %s\n", out.Paint(ui.Bold, step.Stage), strings.Join(step.Groups, ", "))
			stage, phase = step.Stage, ""
		}
		if step.Phase != phase {
			fmt.Fprintf(&b, "  %s\n", out.Paint(ui.Dim, phaseTitle(step.Phase)))
			phase = step.Phase
		}
		s.step(&b, out, step)
	}
	fmt.Fprintf(&b, "\ndigest  %s\n", s.Digest.Sum)
	for _, name := range s.Digest.Missing {
		fmt.Fprintf(&b, "        %s could not be looked at, so this digest is equal to no other\n", name)
	}
	b.WriteString(rehearsedText(s.Rehearsed))
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "\n%s\n", w)
	}
	_, err := fmt.Fprint(out, b.String())
	return err
}

func (s shownPlan) step(b *strings.Builder, out ui.Stream, step plans.Step) {
	fmt.Fprintf(b, "  %3d  %s  %s\n", step.Number, out.Paint(ui.Bold, step.Title), out.Paint(ui.Dim, step.ID))
	if !s.brief {
		for _, line := range []struct{ name, text string }{
			{"checks", step.Checks}, {"does", step.Does}, {"confirm", step.Confirm}, {"undo", step.Undo}, {"deadline", step.Bound},
			{"rehearsed", rehearsedTime(s.Rehearsed, step)},
		} {
			if line.text != "" {
				fmt.Fprintf(b, "       %-9s%s\n", line.name, line.text)
			}
		}
	}
	if step.PointOfNoReturn {
		fmt.Fprintf(b, "  %s\n", out.Paint(ui.Red, "---- point of no return: from here the way back is a handover of its own ----"))
	}
}

func phaseTitle(p plans.Phase) string {
	switch p {
	case plans.Before:
		return "before: applications write as always"
	case plans.Pause:
		return "pause: writers wait"
	default:
		return "after: applications write on the other side"
	}
}
