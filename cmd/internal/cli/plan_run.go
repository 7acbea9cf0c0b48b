package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/plans"
	"tandem/plans/runner"
)

type planRunOptions struct {
	digest      string
	unrehearsed bool
	dryRun      bool
	confirm     string
	journal     string
}

func newPlanRunCommand(a *app) *cobra.Command {
	var o planRunOptions
	cmd := &cobra.Command{
		Use:   "run [FILE]",
		Short: "Hand groups over, stage by stage",
		Long: `Run a plan: for each stage wait until its gates hold, pause writes, hand its groups
over, and watch them. Until the point of no return of a stage everything is undone
by itself, whatever dies; behind it tandem rollback brings writers back.

Stages whose groups the target owns already are left out. tandem replicate must be
running. What is done is written to the journal: a file beside tandem.yaml, and a
table on both databases.

EXIT STATUS
    0  every stage is handed over
    1  failed; the message says at which step, and what to type
    2  an error in the plan or in tandem.yaml, wrong usage, or the plan has drifted
    4  a gate failed, or the pause took too long: the handover was undone
    6  it is not known whether a stage was handed over: tandem plan repair
   10  the source cannot be reached
   11  the target cannot be reached
   12  another tandem runs a plan
  130  stopped by Ctrl-C or SIGTERM; tandem plan resume goes on`,
		Example: `  tandem plan run --dry-run
  tandem plan run
  tandem plan run --digest 5d1f0c3a9b7e --confirm courier --log-format json`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error { return runPlanRun(cmd.Context(), a, o, planFile(args)) },
	}
	f := cmd.Flags()
	f.StringVar(&o.digest, "digest", "", "run only if the plan still has this `digest`: the first digits that plan show printed, or a file of plan show -o json")
	f.BoolVar(&o.unrehearsed, "unrehearsed", false, "go on although this plan was not rehearsed")
	f.BoolVar(&o.dryRun, "dry-run", false, "ask the gates until they hold, and change nothing")
	f.StringVar(&o.confirm, "confirm", "", "the migration's `name`, instead of being asked")
	f.StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

func runPlanRun(ctx context.Context, a *app, o planRunOptions, file string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if o.confirm != "" && o.confirm != cfg.Migration {
		return usageError(fmt.Errorf("--confirm: this migration is called %s, not %s", cfg.Migration, o.confirm))
	}
	if err := digestUsage(o.digest); err != nil {
		return err
	}
	p, digest, err := a.planToRun(ctx, file)
	if err != nil {
		return err
	}
	if err := checkDigest(o.digest, digest); err != nil {
		return err
	}
	w, err := a.planWork(ctx, cfg, o.journal, false)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.rehearsed(ctx, digest, o); err != nil {
		return err
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return err
	}
	spec := runner.SpecOf(p, dir, plans.GroupNames(cfg))
	if !o.dryRun {
		if err := a.agree(o.confirm, cfg.Migration, planQuestion(spec)); err != nil {
			return err
		}
	}
	screen := a.planScreen()
	r, err := w.open(ctx, false, screen)
	if err != nil {
		return err
	}
	defer closeRunner(a, r)
	a.stage.stopping("undoing what is not handed over, leaving what is", "tandem plan resume goes on\ntandem plan abort ends the run")
	if o.dryRun {
		return r.DryRun(ctx, spec, digest.Sum)
	}
	return w.outcome(r, r.Start(ctx, spec, digest.Sum))
}

// planToRun loads and looks over a plan. What can not be looked at keeps it from
// running.
func (a *app) planToRun(ctx context.Context, file string) (*plans.Plan, plans.Digest, error) {
	around, err := a.surroundings(false)
	if err != nil {
		return nil, plans.Digest{}, err
	}
	p, found, err := plans.Load(file)
	if err != nil {
		return nil, plans.Digest{}, err
	}
	if p == nil {
		return nil, plans.Digest{}, plans.AsError(found)
	}
	report, err := plans.Lint(ctx, p, found, around)
	if err != nil {
		return nil, plans.Digest{}, fmt.Errorf("look over %s: %w", file, err)
	}
	if err := plans.AsError(report.Findings); err != nil {
		return nil, plans.Digest{}, err
	}
	for _, f := range report.Findings {
		a.say("%s", f)
	}
	if around.Tables == nil {
		return nil, plans.Digest{}, errors.New("run the plan: " + around.WhyNot)
	}
	tables, err := around.Tables.Tables(ctx)
	if err != nil {
		return nil, plans.Digest{}, err
	}
	digest, err := p.Digest(around.Config, tables)
	if err != nil {
		return nil, plans.Digest{}, err
	}
	if !digest.Complete() {
		return nil, digest, &skippedError{fmt.Sprintf("the digest lacks %s", strings.Join(digest.Missing, ", "))}
	}
	return p, digest, nil
}

// leastDigest is how many digits of a digest must be given.
const leastDigest = 8

// digestUsage refuses what can be no digest, before anything is asked.
func digestUsage(given string) error {
	if given == "" || len(given) >= leastDigest {
		return nil
	}
	if _, err := os.Stat(given); err == nil {
		return nil // a file
	}
	return usageError(fmt.Errorf("--digest: %q is too short; give at least %d digits, or a file of plan show -o json", given, leastDigest))
}

// checkDigest refuses a plan that is not the one that was shown.
func checkDigest(given string, now plans.Digest) error {
	if given == "" {
		return nil
	}
	data, err := os.ReadFile(given)
	if err == nil {
		var shown struct {
			Digest plans.Digest `json:"digest"`
		}
		if err := json.Unmarshal(data, &shown); err != nil {
			return usageError(fmt.Errorf("--digest: %s is not what plan show -o json prints: %w", given, err))
		}
		return shown.Digest.Check("shown", now)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--digest: %w", err)
	}
	if !strings.HasPrefix(now.Sum, given) {
		return &plans.DriftError{What: "shown", Drift: []plans.Drift{{Name: fmt.Sprintf("the digest (now %s)", now.Sum[:12]), How: plans.Changed}}}
	}
	return nil
}

// planQuestion says what is about to be done.
func planQuestion(s runner.Spec) string {
	var parts []string
	for _, stage := range s.Stages {
		parts = append(parts, fmt.Sprintf("%s (%s)", stage.Name, strings.Join(stage.Groups, ", ")))
	}
	return fmt.Sprintf("plan %s hands over %s", s.Plan, strings.Join(parts, ", then "))
}

// agree asks for the migration's name, unless it was given.
func (a *app) agree(confirm, name, question string) error {
	if confirm == name {
		return nil
	}
	ok, err := ui.NewPrompter(a.Stdin, a.err, a.flags.noInput).Confirm(question, name)
	if errors.Is(err, ui.ErrNoInput) {
		return usageError(withHint(err, "give --confirm="+name))
	}
	if err != nil {
		return err
	}
	if !ok {
		return withHint(errors.New("nothing was done: that is not the migration's name"), "its name is "+name)
	}
	return nil
}

func closeRunner(a *app, r *runner.Runner) {
	if err := r.Close(); err != nil {
		a.log.Debug("the lease ends with its connection", "error", err)
	}
}
