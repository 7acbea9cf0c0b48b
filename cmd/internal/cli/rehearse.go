package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/plans"
	"tandem/plans/runner"
)

type rehearseOptions struct {
	sample      bool
	traffic     bool
	on          string
	clean       bool
	confirm     string
	again       time.Duration // between two questions to a cloud; 0 for the usual
	rounds      int
	longestWait time.Duration
	tps         float64
	up          sandboxUpOptions
}

func newRehearseCommand(a *app) *cobra.Command {
	var o rehearseOptions
	cmd := &cobra.Command{
		Use:   "rehearse [PLAN]",
		Short: "Run a plan against throwaway servers",
		Long: `Run a plan with the code that runs it in earnest, on a pair of servers that are
started for it on this machine and removed afterwards. They get the tables of the
source in tandem.yaml, without rows, or the sample database; each group gets a bank
that writes all the while and follows the owner. The plan is run and rolled back,
--rounds times. It ends with a count of the bank's rows on both sides.

What a rehearsal does not do: approvals are given by itself, waits are cut down to
--longest-wait, and the plan's programs and requests are left out, since they would
switch something real. With --traffic they are run, with TANDEM_REHEARSAL=1 in the
environment of the programs.

What went well is kept, by the plan's digest, beside tandem.yaml and on both
databases: tandem plan run asks for it.

With --on clones it runs on a clone of the Cloud SQL instance and a copy-on-write
clone of the Aurora cluster: with all the data, which is copied again, and at most
the plan's own load (rehearse.load). Clones cost money; they are removed at the end,
whatever has happened. If the machine dies, --clean finds them by their tags.

EXIT STATUS
    0  every handover was done and brought back, and nothing was lost
    1  failed
    2  an error in the plan or in tandem.yaml, or wrong usage
    3  rows were lost, duplicated or misplaced, or the sides are not equal
    4  a handover was undone
   10  the source cannot be reached; --sample needs none
  130  stopped by Ctrl-C or SIGTERM`,
		Example: `  tandem rehearse
  tandem rehearse --rounds 20
  tandem rehearse --sample plans/orders.yaml
  tandem rehearse --on clones --rounds 1
  tandem rehearse --clean`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error { return runRehearse(cmd.Context(), a, o, planFile(args)) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.sample, "sample", false, "use the sample database instead of the source's tables")
	f.BoolVar(&o.traffic, "traffic", false, "run the plan's programs and requests, too: they may switch something real")
	f.StringVar(&o.on, "on", "sandbox", "`where`: sandbox, or clones of both sides in their clouds")
	f.BoolVar(&o.clean, "clean", false, "list the clones that rehearsals have left behind, and remove them")
	f.StringVar(&o.confirm, "confirm", "", "the migration's `name`, instead of being asked (--on clones, --clean)")
	f.IntVar(&o.rounds, "rounds", 3, "how `often` the plan is run and rolled back")
	f.DurationVar(&o.longestWait, "longest-wait", 5*time.Second, "cut the plan's waits down to this `time`")
	f.Float64Var(&o.tps, "tps", 50, "transactions a second of each group's bank; 0 for as many as possible")
	f.StringVar(&o.up.sourceVersion, "source-version", "", "MySQL `version` of the source: 5.6, or empty for the newest there is")
	f.BoolVar(&o.up.noFetch, "no-fetch", false, "never download a MySQL server")
	f.StringVar(&o.up.seed.size, "size", "200", "with --sample: `size` of the sample database")
	completeFlag(cmd, "on", "sandbox", "clones")
	return cmd
}

func (o rehearseOptions) check() error {
	if err := oneOf("on", o.on, []string{"sandbox", "clones"}); err != nil {
		return err
	}
	switch {
	case o.rounds < 1:
		return usageError(fmt.Errorf("--rounds %d: must be 1 at least", o.rounds))
	case o.longestWait <= 0:
		return usageError(fmt.Errorf("--longest-wait %s: must be more than nothing", o.longestWait))
	case o.on == "clones" && o.sample:
		return usageError(errors.New("--sample: clones have the data of the real sides"))
	case o.tps < 0:
		return usageError(fmt.Errorf("--tps %g: must not be less than nothing", o.tps))
	}
	return nil
}

func runRehearse(ctx context.Context, a *app, o rehearseOptions, file string) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.clean {
		cfg, err := a.load()
		if err != nil {
			return err
		}
		return a.rehearseClean(ctx, o, cfg)
	}
	p, digest, err := a.planToRehearse(ctx, o, file)
	if err != nil {
		return err
	}
	cfg, err := a.load()
	if err != nil && !(o.sample && errors.Is(err, config.ErrNoFile)) {
		return err
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return err
	}
	r := &rehearse{theatre: theatre{app: a, screen: a.planScreen()}, opts: o, plan: p, file: file, real: cfg, digest: digest, began: time.Now()}
	a.stage.stopping("taking the servers down", "")
	if o.traffic {
		if err := os.Setenv("TANDEM_REHEARSAL", "1"); err != nil {
			return err
		}
	}
	if o.on == "clones" {
		return r.onClones(ctx, dir)
	}
	return r.run(ctx, dir)
}

// planToRehearse loads a plan. Its digest is complete only where the source can
// be asked, which the sample does without.
func (a *app) planToRehearse(ctx context.Context, o rehearseOptions, file string) (*plans.Plan, plans.Digest, error) {
	if !o.sample {
		return a.planToRun(ctx, file)
	}
	p, found, err := plans.Load(file)
	if err != nil {
		return nil, plans.Digest{}, err
	}
	if p == nil || plans.AsError(found) != nil {
		return nil, plans.Digest{}, plans.AsError(found)
	}
	around, err := a.surroundings(false)
	if err != nil {
		return nil, plans.Digest{}, err
	}
	digest := plans.Digest{Missing: []string{"the source's tables"}}
	if around.Tables != nil {
		if tables, err := around.Tables.Tables(ctx); err == nil {
			digest, err = p.Digest(around.Config, tables)
			if err != nil {
				return nil, plans.Digest{}, err
			}
		}
	}
	return p, digest, nil
}

// cutDown takes out of a plan what a rehearsal does not do, and says what it was.
func (o rehearseOptions) cutDown(spec runner.Spec) (notes []string) {
	say := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	longest := plans.Duration(o.longestWait)
	for i := range spec.Stages {
		s := &spec.Stages[i]
		t := &s.Terms
		if t.Approve.Needed() {
			say("stage %s: the approval is given by the rehearsal", s.Name)
		}
		if g := t.Gates; g != nil {
			gates := *g
			if g.Lag != nil && g.Lag.For > longest {
				lag := *g.Lag
				lag.For, gates.Lag = longest, &lag
				say("stage %s: the lag gate is watched for %s instead of %s", s.Name, longest, g.Lag.For)
			}
			if n := len(g.Exec) + len(g.HTTP); n > 0 && !o.traffic {
				gates.Exec, gates.HTTP = nil, nil
				say("stage %s: %s left out (--traffic)", s.Name, amount(int64(n), "gate"))
			}
			t.Gates = &gates
		}
		if t.Snapshot != nil {
			say("stage %s: the snapshots are left out", s.Name)
			t.Snapshot = nil
		}
		if n := len(t.Traffic); n > 0 {
			// A record is the same one for everybody, so a rehearsal never changes it.
			t.Traffic = slices.DeleteFunc(slices.Clone(t.Traffic), func(a plans.Action) bool { return a.DNS != nil })
			if left := n - len(t.Traffic); left > 0 {
				say("stage %s: %s of DNS records left out", s.Name, amount(int64(left), "change"))
			}
		}
		if len(t.Traffic) > 0 && !o.traffic {
			say("stage %s: %s of traffic left out (--traffic)", s.Name, amount(int64(len(t.Traffic)), "action"))
			t.Traffic = nil
		}
		if f := t.Fence; f != nil && f.Exec != nil && !o.traffic {
			fence := *f
			fence.Exec, t.Fence = nil, &fence
			say("stage %s: the fence's program left out (--traffic)", s.Name)
		}
		if b := t.Bake; b != nil {
			bake := *b
			if b.For > longest {
				bake.For = longest
				say("stage %s: baked for %s instead of %s", s.Name, longest, b.For)
			}
			if r := b.RollbackIf; r != nil && len(r.Exec)+len(r.HTTP) > 0 && !o.traffic {
				conditions := *r
				conditions.Exec, conditions.HTTP = nil, nil
				bake.RollbackIf = &conditions
				say("stage %s: %s of the bake left out (--traffic)", s.Name, amount(int64(len(r.Exec)+len(r.HTTP)), "condition"))
			}
			t.Bake = &bake
		}
	}
	return notes
}

// sayAll prints what a rehearsal leaves out.
func (r *rehearse) sayAll(notes []string) {
	for _, n := range notes {
		r.say("  %s", r.err.Paint(ui.Dim, n))
	}
}
