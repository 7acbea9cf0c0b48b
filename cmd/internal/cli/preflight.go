package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tandem/internal/preflight"
	"tandem/internal/suggest"
)

type preflightOptions struct {
	only []string
	all  bool
}

// outputJUnit is the format of a result that verbs with checks have besides.
const outputJUnit = "junit"

func newPreflightCommand(a *app) *cobra.Command {
	var o preflightOptions
	cmd := &cobra.Command{
		Use:   "preflight",
		Short: "Find out whether a migration can work, before it begins",
		Long: `Look at both servers, at the tables that are to be replicated, and at what the
clouds tell of the servers, and list everything that is in the way at once: what
was seen, on which side, and what to type about it. Nothing is changed. tandem
replicate makes those of the checks that it depends on before it begins.

A finding blocks, warns, or informs. What a check has nothing to look at is said
to be n/a: shown with --all, and always part of JSON.

--only takes names of checks, sides (source, target, both) and groups: source and
target (the servers as such), schema (tables and what stands beside them), reverse
(the way back), network, rights. Each check has a page: docs/preflight/NAME.md.

EXIT STATUS
   0  nothing blocks
   2  wrong usage, or a mistake in tandem.yaml
   4  something blocks
  10  the source cannot be reached
  11  the target cannot be reached`,
		Example: `  tandem preflight
  tandem preflight --only rights,reverse,binlog-row-image
  tandem preflight -o junit > preflight.xml
  tandem preflight --explain-dms
  tandem preflight -o json | jq '.findings[] | select(.severity == "block")'`,
		Args:        noArgs,
		Annotations: map[string]string{moreOutputs: outputJUnit},
		RunE:        func(cmd *cobra.Command, _ []string) error { return runPreflight(cmd.Context(), a, o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.only, "only", nil, "make only these `checks`: names, groups (schema, reverse, network, rights), or sides (source, target, both)")
	f.BoolVar(&o.all, "all", false, "show what does not apply here, too, and why")
	completeFlag(cmd, "only", preflightNames()...)
	return explainsDMS(a, cmd)
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
	begun := time.Now()
	found, err := preflightRun(ctx, a, cfg, checks)
	if err != nil {
		return err
	}
	r := newPreflightResult(cfg, checks, found, o.all)
	r.begun, r.took = begun, time.Since(begun)
	if a.flags.output == outputJUnit {
		err = r.junit(a.out)
	} else {
		err = a.result(r, r.write)
	}
	if err != nil {
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
		return !slices.ContainsFunc(o.only, func(name string) bool {
			return name == c.ID || name == string(c.Side) || name == string(c.Group)
		})
	}), nil
}

func preflightNames() []string {
	var names []string
	for _, g := range preflight.Groups() {
		names = append(names, string(g))
	}
	names = append(names, string(preflight.Both))
	for _, c := range preflight.Checks() {
		names = append(names, c.ID)
	}
	return names
}
