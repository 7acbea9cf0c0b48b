package cli

import (
	"fmt"
	"io"
	"slices"
	"time"

	"tandem/cmd/internal/render"
	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/preflight"
)

// preflightResult is what -o json prints.
type preflightResult struct {
	Version   int    `json:"version"`
	Migration string `json:"migration"`
	// Checks were made; those without a finding have passed.
	Checks   []preflight.Check   `json:"checks"`
	Findings []preflight.Finding `json:"findings"`
	Blocks   int                 `json:"blocks"`
	Warns    int                 `json:"warns"`
	// NotApplicable is how many checks had nothing to look at.
	NotApplicable int `json:"not_applicable"`

	all   bool // show these, too
	begun time.Time
	took  time.Duration
}

func newPreflightResult(cfg *config.Config, checks []preflight.Check, found []preflight.Finding, all bool) preflightResult {
	r := preflightResult{Version: 1, Migration: cfg.Migration, Checks: checks, Findings: found, all: all}
	for _, f := range found {
		switch f.Severity {
		case preflight.Block:
			r.Blocks++
		case preflight.Warn:
			r.Warns++
		}
	}
	for _, c := range checks {
		if _, applies := r.of(c); !applies {
			r.NotApplicable++
		}
	}
	return r
}

// of returns what a check found, and whether it had anything to look at.
func (r *preflightResult) of(c preflight.Check) (found []preflight.Finding, applies bool) {
	applies = true
	for _, f := range r.Findings {
		switch {
		case f.ID != c.ID:
		case f.Severity == preflight.NotApplicable:
			// On one of two sides is another matter.
			applies = f.Side != c.Side
		default:
			found = append(found, f)
		}
	}
	return found, applies || len(found) > 0
}

// write shows the findings, the worst first.
func (r preflightResult) write(out ui.Stream) error {
	found := slices.Clone(r.Findings)
	slices.SortStableFunc(found, func(a, b preflight.Finding) int {
		return slices.Index(preflight.Severities(), a.Severity) - slices.Index(preflight.Severities(), b.Severity)
	})
	styles := map[preflight.Severity]ui.Style{preflight.Block: ui.Red, preflight.Warn: ui.Yellow, preflight.Info: ui.Dim, preflight.NotApplicable: ui.Dim}
	for _, f := range found {
		if f.Severity == preflight.NotApplicable && !r.all {
			continue
		}
		side := "on the " + string(f.Side)
		if f.Side == preflight.Both {
			side = "on both sides"
		}
		if _, err := fmt.Fprintf(out, "%s  %s: %s (%s)\n", out.Paint(styles[f.Severity], fmt.Sprintf("%-5s", f.Severity)), f.ID, f.What, side); err != nil {
			return err
		}
		for _, line := range []struct{ name, text string }{{"seen", f.Evidence}, {"fix", f.Fix}} {
			if line.text == "" {
				continue
			}
			if _, err := fmt.Fprintf(out, "         %-5s%s\n", line.name, line.text); err != nil {
				return err
			}
		}
	}
	passed := 0
	for _, c := range r.Checks {
		if found, applies := r.of(c); applies && len(found) == 0 {
			passed++
		}
	}
	if _, err := fmt.Fprintf(out, "%d checks, %d without a finding; %d block, %d warn\n", len(r.Checks), passed, r.Blocks, r.Warns); err != nil {
		return err
	}
	if r.NotApplicable == 0 {
		return nil
	}
	more := ""
	if !r.all {
		more = "; --all shows why"
	}
	_, err := fmt.Fprintf(out, "%d of %d do not apply here%s\n", r.NotApplicable, len(r.Checks), more)
	return err
}

// junit writes a test case for each check.
func (r *preflightResult) junit(w io.Writer) error {
	out := render.Preflight{Migration: r.Migration, Begun: r.begun, Took: r.took}
	for _, c := range r.Checks {
		one := render.PreflightCheck{Group: string(c.Group), Name: c.ID}
		for _, f := range r.Findings {
			if f.ID != c.ID {
				continue
			}
			one.Failed = one.Failed || f.Severity == preflight.Block
			one.Findings = append(one.Findings, render.PreflightFinding{
				Severity: string(f.Severity), Side: string(f.Side), What: f.What, Evidence: f.Evidence, Fix: f.Fix,
			})
		}
		out.Checks = append(out.Checks, one)
	}
	return render.PreflightJUnit(w, &out)
}
