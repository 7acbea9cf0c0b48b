package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/bank"
	"tandem/plans"
	"tandem/plans/runner"
)

// rehearse is one rehearsal.
type rehearse struct {
	theatre
	opts   rehearseOptions
	plan   *plans.Plan
	file   string
	real   *config.Config // of the real pair; nil if there is none
	digest plans.Digest
	began  time.Time

	banks     map[string]string // group to database
	notes     []string
	handovers []rehearsal.Handover
	parities  [2]string // before and after, as tandem's own comparison says
	verdict   sandbox.Verdict
	count     bank.Verdict
}

// rehearseAccounts and rehearseWriters are those of each group's bank.
const (
	rehearseAccounts = 200
	rehearseWriters  = 3
)

func (r *rehearse) run(ctx context.Context, dir string) (err error) {
	up, err := r.opts.up.upOptions(r.app)
	if err != nil {
		return err
	}
	if err := oneForBoth(&up); err != nil {
		return err
	}
	r.say("%s starting two MySQL servers", r.err.Paint(ui.Cyan, "==>"))
	if r.pair, err = sandbox.StartPair(ctx, up.PairOptions); err != nil {
		return sandboxError(err)
	}
	defer func() { err = errors.Join(err, r.pair.Close(context.WithoutCancel(ctx))) }()
	if err := r.build(ctx); err != nil {
		return err
	}
	spec := runner.SpecOf(r.plan, dir, plans.GroupNames(r.cfg))
	r.notes = append(r.notes, r.opts.cutDown(spec)...)
	r.sayAll(r.notes)
	if err := r.accounts(ctx, spec); err != nil {
		return err
	}
	if err := r.perform(ctx, spec); err != nil {
		return err
	}
	return r.report(ctx)
}

// perform begins the applications and the links, and goes through the rounds.
func (r *rehearse) perform(ctx context.Context, spec runner.Spec) (err error) {
	o := rehearsal.Options{Banks: r.banks, Writers: rehearseWriters, Accounts: rehearseAccounts, TPS: r.opts.tps, Seed: 1}
	if err := rehearsal.CreateBanks(ctx, r.pair, o); err != nil {
		return err
	}
	if r.load, err = rehearsal.NewLoad(r.pair, o); err != nil {
		return err
	}
	defer r.load.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.loadEnd = r.load.Start(ctx)
	defer r.load.Stop()
	defer r.end()
	r.begin(ctx, func(ui.Status) {})
	r.say("%s copying, while %s", r.err.Paint(ui.Cyan, "==>"), amount(int64(len(r.banks)), "bank")+" write")
	if err := r.copied(ctx); err != nil {
		return err
	}
	if err := r.look(ctx, 0); err != nil {
		return err
	}
	if err := r.rounds(ctx, spec); err != nil {
		return err
	}
	if err := r.load.Stop(); err != nil {
		return err
	}
	if r.verdict, err = r.still(ctx, r.databases()); err != nil {
		return err
	}
	if err := r.look(ctx, 1); err != nil {
		return err
	}
	r.count, err = r.load.Check(ctx)
	return err
}

// rounds runs the plan and rolls it back, again and again.
func (r *rehearse) rounds(ctx context.Context, spec runner.Spec) error {
	sum := r.digest.Sum
	if sum == "" {
		sum = demoDigest // nobody is asked for it here
	}
	for round := 1; round <= r.opts.rounds; round++ {
		r.say("%s %s", r.err.Paint(ui.Cyan, "==>"), r.err.Paint(ui.Bold, fmt.Sprintf("round %d of %d: plan run", round, r.opts.rounds)))
		list, err := r.handOver(ctx, round, spec, sum)
		r.handovers = append(r.handovers, list...)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(h rehearsal.Handover) bool { return h.Undone == "" }) {
			continue // there is nothing to bring back
		}
		r.say("%s %s", r.err.Paint(ui.Cyan, "==>"), r.err.Paint(ui.Bold, fmt.Sprintf("round %d of %d: rollback --all", round, r.opts.rounds)))
		list, err = r.rollBack(ctx, round, spec, "")
		r.handovers = append(r.handovers, list...)
		if err != nil && !errors.Is(err, runner.ErrNothing) {
			return err
		}
	}
	return nil
}

// look compares every row with tandem's own comparison; 0 is before, 1 after.
func (r *rehearse) look(ctx context.Context, when int) error {
	report, err := r.parity(ctx)
	if err != nil {
		return err
	}
	r.parities[when] = string(report.Outcome)
	r.say("  parity %s: %s rows of %d tables: %s", []string{"before", "after"}[when], ui.Count(report.Totals.Rows), report.Totals.Tables, report.Outcome)
	return nil
}

// databases are all that are compared at the end.
func (r *rehearse) databases() []string {
	var list []string
	for _, database := range r.banks {
		list = append(list, database)
	}
	for _, t := range r.tablesOf() {
		if !slices.Contains(list, t.Name.Schema) {
			list = append(list, t.Name.Schema)
		}
	}
	slices.Sort(list)
	return list
}
