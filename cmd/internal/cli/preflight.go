package cli

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/preflight"
	"tandem/internal/schema"
	"tandem/internal/suggest"
)

type preflightOptions struct{ only []string }

func newPreflightCommand(a *app) *cobra.Command {
	var o preflightOptions
	cmd := &cobra.Command{
		Use:   "preflight",
		Short: "Find out whether a migration can work, before it begins",
		Long: `Look at both servers and at the tables that are to be replicated, and list
everything that is in the way at once: what was seen, on which side, and what to
type about it. Nothing is changed. tandem replicate makes the same checks before
it begins.

A finding blocks (replication refuses to begin), warns, or informs.

EXIT STATUS
   0  nothing blocks
   2  wrong usage, or a mistake in tandem.yaml
   4  something blocks
  10  the source cannot be reached
  11  the target cannot be reached`,
		Example: `  tandem preflight
  tandem preflight --only target,binlog-row-image
  tandem preflight -o json | jq '.findings[] | select(.severity == "block")'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPreflight(cmd.Context(), a, o) },
	}
	cmd.Flags().StringSliceVar(&o.only, "only", nil, "make only these `checks`: their names, or source, target, both")
	completeFlag(cmd, "only", preflightNames()...)
	return cmd
}

// preflightResult is what -o json prints.
type preflightResult struct {
	Version   int    `json:"version"`
	Migration string `json:"migration"`
	// Checks were made; those without a finding have passed.
	Checks   []preflight.Check   `json:"checks"`
	Findings []preflight.Finding `json:"findings"`
	Blocks   int                 `json:"blocks"`
	Warns    int                 `json:"warns"`
}

// blockedError says that something is in the way of the migration.
type blockedError struct{ blocks int }

func (e *blockedError) Error() string {
	if e.blocks == 1 {
		return "one finding blocks the migration"
	}
	return fmt.Sprintf("%d findings block the migration", e.blocks)
}

func (e *blockedError) Hint() string {
	return "do what the findings say, then run 'tandem preflight' again"
}

func runPreflight(ctx context.Context, a *app, o preflightOptions) error {
	checks, err := o.checks()
	if err != nil {
		return err
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	found, err := preflightRun(ctx, a, cfg, checks)
	if err != nil {
		return err
	}
	r := preflightResult{Version: 1, Migration: cfg.Migration, Checks: checks, Findings: found}
	for _, f := range found {
		switch f.Severity {
		case preflight.Block:
			r.Blocks++
		case preflight.Warn:
			r.Warns++
		}
	}
	if err := a.result(r, r.write); err != nil {
		return err
	}
	if r.Blocks > 0 {
		return &blockedError{r.Blocks}
	}
	return nil
}

// checks returns the checks that are asked for.
func (o preflightOptions) checks() ([]preflight.Check, error) {
	all := preflight.Checks()
	if len(o.only) == 0 {
		return all, nil
	}
	names := preflightNames()
	for _, name := range o.only {
		if !slices.Contains(names, name) {
			err := fmt.Errorf("there is no check %q", name)
			if near := suggest.Nearest(name, names); near != "" {
				return nil, usageError(withHint(err, "did you mean "+near+"?"))
			}
			return nil, usageError(withHint(err, "the checks are "+strings.Join(names, ", ")))
		}
	}
	return slices.DeleteFunc(all, func(c preflight.Check) bool {
		return !slices.Contains(o.only, c.ID) && !slices.Contains(o.only, string(c.Side))
	}), nil
}

func preflightNames() []string {
	names := []string{string(preflight.Source), string(preflight.Target), string(preflight.Both)}
	for _, c := range preflight.Checks() {
		names = append(names, c.ID)
	}
	return names
}

// preflightRun connects to both sides at once and makes the checks.
func preflightRun(ctx context.Context, a *app, cfg *config.Config, only []preflight.Check) ([]preflight.Finding, error) {
	filter := cfg.Tables.Filter()
	in := preflight.Input{
		Tables: func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) },
		Only:   func(c preflight.Check) bool { return slices.Contains(only, c) },
	}
	g, gctx := errgroup.WithContext(ctx)
	for _, side := range []string{"source", "target"} {
		g.Go(func() error {
			from, db, facts := cfg.Source.Endpoint, &in.Source, &in.SourceFacts
			if side == "target" {
				from, db, facts = cfg.Target, &in.Target, &in.TargetFacts
			}
			e, err := a.clouds.endpoint(side, from)
			if err != nil {
				return err
			}
			pool, err := mysqldb.Open(gctx, e, mysqldb.Options{})
			if err != nil {
				return err
			}
			*db = pool
			if *facts, err = mysqldb.LoadFacts(gctx, pool); err != nil {
				return fmt.Errorf("look at the %s: %w", side, err)
			}
			return nil
		})
	}
	err := g.Wait()
	defer func() {
		for _, db := range []*sql.DB{in.Source, in.Target} {
			if db != nil {
				_ = db.Close() // it was only read from
			}
		}
	}()
	if err != nil {
		return nil, err
	}
	return preflight.Run(ctx, in)
}

// write shows the findings, the worst first.
func (r preflightResult) write(out ui.Stream) error {
	order := []preflight.Severity{preflight.Block, preflight.Warn, preflight.Info}
	found := slices.Clone(r.Findings)
	slices.SortStableFunc(found, func(a, b preflight.Finding) int {
		return slices.Index(order, a.Severity) - slices.Index(order, b.Severity)
	})
	styles := map[preflight.Severity]ui.Style{preflight.Block: ui.Red, preflight.Warn: ui.Yellow, preflight.Info: ui.Dim}
	for _, f := range found {
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
	failed := map[string]bool{}
	for _, f := range found {
		failed[f.ID] = true
	}
	passed := len(r.Checks)
	for _, c := range r.Checks {
		if failed[c.ID] {
			passed--
		}
	}
	_, err := fmt.Fprintf(out, "%d checks, %d without a finding; %d block, %d warn\n", len(r.Checks), passed, r.Blocks, r.Warns)
	return err
}
