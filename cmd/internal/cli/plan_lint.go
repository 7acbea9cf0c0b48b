package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/plans"
)

type planLintOptions struct {
	offline bool
}

func newPlanLintCommand(a *app) *cobra.Command {
	var o planLintOptions
	cmd := &cobra.Command{
		Use:   "lint [FILE...]",
		Short: "Find what would go wrong with a plan, all of it at once",
		Long: `Read plans (plan.yaml if none is named) and list everything that is wrong with
them: with the file, the line and what to write instead. Nothing is changed.

Groups are looked up in tandem.yaml, and whether they are closed under foreign
keys is asked of the source. What could not be looked at is listed as skipped,
and skipped is no success. --offline says that it is not wanted.

docs/plans.md lists the rules; their names do not change between versions.

EXIT STATUS
    0  no errors; there may be warnings
    2  an error in a plan or in tandem.yaml, or wrong usage
    5  no errors, but something could not be looked at
  130  stopped by Ctrl-C or SIGTERM`,
		Example: `  tandem plan lint
  tandem plan lint --offline plans/*.yaml
  tandem plan lint -o json | jq '.plans[].findings[] | select(.severity == "error")'`,
		RunE: func(cmd *cobra.Command, args []string) error { return runPlanLint(cmd.Context(), a, o, args) },
	}
	cmd.Flags().BoolVar(&o.offline, "offline", false, "ask no server: leave out what needs the source's tables")
	return cmd
}

// lintResult is what -o json prints.
type lintResult struct {
	Version  int            `json:"version"`
	Plans    []plans.Report `json:"plans"`
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Skipped  int            `json:"skipped"`
	offline  bool
}

// lintError says that plans have errors.
type lintError struct{ text string }

func (e *lintError) Error() string { return e.text }

// skippedError says that not everything could be looked at.
type skippedError struct{ text string }

func (e *skippedError) Error() string { return e.text }

func runPlanLint(ctx context.Context, a *app, o planLintOptions, files []string) error {
	if len(files) == 0 {
		files = []string{plans.FileName}
	}
	around, err := a.surroundings(o.offline)
	if err != nil {
		return err
	}
	result := lintResult{Version: 1, offline: o.offline}
	for _, file := range files {
		report, err := lintPlan(ctx, file, around)
		if err != nil {
			return err
		}
		result.add(report)
	}
	if err := a.result(result, result.write); err != nil {
		return err
	}
	return result.verdict(files)
}

func lintPlan(ctx context.Context, file string, around plans.Surroundings) (plans.Report, error) {
	p, found, err := plans.Load(file)
	if err != nil {
		return plans.Report{}, err
	}
	if p == nil {
		return plans.Report{File: file, Findings: found}, nil
	}
	report, err := plans.Lint(ctx, p, found, around)
	if err != nil {
		return report, fmt.Errorf("lint %s: %w", file, err)
	}
	return report, nil
}

func (r *lintResult) add(report plans.Report) {
	if report.Findings == nil {
		report.Findings = []plans.Finding{}
	}
	errors := plans.Errors(report.Findings)
	r.Errors += errors
	r.Warnings += len(report.Findings) - errors
	if !r.offline {
		r.Skipped += len(report.Skipped)
	}
	r.Plans = append(r.Plans, report)
}

// verdict turns what was found into how the program ends.
func (r lintResult) verdict(files []string) error {
	what := strings.Join(files, ", ")
	switch {
	case r.Errors > 0:
		return &lintError{fmt.Sprintf("%s: %s", what, amount(int64(r.Errors), "error"))}
	case r.Skipped > 0:
		return withHint(&skippedError{fmt.Sprintf("%s: no error was found, but %s could not be made", what, amount(int64(r.Skipped), "check"))},
			"--offline leaves out what needs the source's tables")
	default:
		return nil
	}
}

func (r lintResult) write(out ui.Stream) error {
	for _, p := range r.Plans {
		for _, f := range p.Findings {
			style := ui.Yellow
			if f.Severity == plans.Error {
				style = ui.Red
			}
			text := strings.Replace(f.String(), string(f.Severity)+":", out.Paint(style, string(f.Severity)+":"), 1)
			if _, err := fmt.Fprintln(out, text); err != nil {
				return err
			}
		}
		for _, s := range p.Skipped {
			if _, err := fmt.Fprintf(out, "%s: %s not looked at: %s: %s\n", p.File, out.Paint(ui.Yellow, "skipped:"), s.Check, s.Why); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(out, "%s, %s, %s\n", amount(int64(len(r.Plans)), "plan"), amount(int64(r.Errors), "error"), amount(int64(r.Warnings), "warning"))
	return err
}
