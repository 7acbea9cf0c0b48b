package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/plans"
	"tandem/plans/runner"
	"tandem/verify"
)

const (
	demoBank    = "bank"
	demoCourier = "couriers"
)

// demoPlan hands the bank over first and watches it for a moment, and then all
// the rest, for which a person must agree; here nobody is asked.
const demoPlan = `version: 1
name: demo
defaults:
  gates: {timeout: 2m, lag: {below: 2s}, parity: {within: 10m}, reverse: {canary: true}}
  pause_budget: 10s
  long_transactions: {after: 5s, then: wait}
stages:
  - name: ` + demoBank + `
    handover: [bank]
    bake: {for: 3s, rollback_if: {lag: {above: 30s}, parity: mismatch, breach: true}}
  - name: ` + demoCourier + `
    handover: ["*"]
    approve: {within: 1h}
`

// cross copies and streams while the applications write.
func (d *demo) cross(ctx context.Context) error {
	d.step("copying and streaming, with %s of two applications on the source all the while", ui.Rate(d.opts.tps*(1+bankShare), "transactions"))
	progress := &untilClosed{Progress: d.progress()}
	began := time.Now()
	d.begin(ctx, progress.Update)
	err := d.copied(ctx)
	d.copiedIn(time.Since(began))
	if err == nil {
		until := time.Now().Add(d.opts.stream)
		err = d.await(ctx, func() bool { return time.Now().After(until) })
	}
	progress.Close()
	return err
}

// untilClosed is a progress that hears nothing any more once it is closed.
type untilClosed struct {
	ui.Progress
	mu     sync.Mutex
	closed bool
}

// Update implements [ui.Progress].
func (p *untilClosed) Update(s ui.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.Progress.Update(s)
	}
}

// Close implements [ui.Progress].
func (p *untilClosed) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.Progress.Close()
}

func (d *demo) copiedIn(took time.Duration) {
	s := d.status()
	d.copyTook, d.rows, d.bytes = took, s.Copy.RowsDone, s.Copy.BytesDone
}

// prove compares every row of both sides while the applications write.
func (d *demo) prove(ctx context.Context) error {
	d.step("comparing every row of both sides with tandem verify, while the applications write")
	rows, err := d.equal(ctx)
	d.proved[0] = rows
	return err
}

// equal compares with tandem's own comparison; what differs is an error.
func (d *demo) equal(ctx context.Context) (int64, error) {
	began := time.Now()
	report, err := d.parity(ctx)
	if err != nil {
		return 0, err
	}
	if err := unequal(report); err != nil {
		return 0, err
	}
	d.say("  %s rows of %d tables are equal, in %s", ui.Count(report.Totals.Rows), report.Totals.Tables, ui.Duration(time.Since(began)))
	return report.Totals.Rows, nil
}

// unequal is what a comparison has found.
func unequal(r *verify.Report) error {
	if r.Outcome == verify.Equal {
		return nil
	}
	for _, t := range r.Tables {
		if t.Outcome != verify.Equal {
			return &parityError{outcome: r.Outcome, text: fmt.Sprintf("the sides are not known to be equal: %s.%s: %s", t.Schema, t.Table, cmpText(t))}
		}
	}
	return &parityError{outcome: r.Outcome, text: "the sides are not known to be equal"}
}

// handOverAll runs the plan. A handover that is undone does no harm, and is tried
// again.
func (d *demo) handOverAll(ctx context.Context) error {
	d.step("handing the bank over, then the couriers, while both write on (plan run)")
	return d.insist(ctx, func(spec runner.Spec) ([]rehearsal.Handover, error) {
		return d.handOver(ctx, 1, spec, demoDigest)
	})
}

// bringBack brings the second stage back.
func (d *demo) bringBack(ctx context.Context) error {
	settled := time.Now().Add(2 * time.Second)
	if err := d.await(ctx, func() bool { return time.Now().After(settled) }); err != nil {
		return err
	}
	d.step("second thoughts: bringing the couriers back to the source (rollback --stage %s)", demoCourier)
	return d.insist(ctx, func(spec runner.Spec) ([]rehearsal.Handover, error) {
		return d.rollBack(ctx, 1, spec, demoCourier)
	})
}

// demoDigest stands where that of a plan stands which nobody can change.
const demoDigest = "64656d6f6e7374726174696f6e"

// demoTries is how often a stage is tried that was undone.
const demoTries = 5

func (d *demo) insist(ctx context.Context, do func(runner.Spec) ([]rehearsal.Handover, error)) error {
	p, found := plans.Parse(plans.FileName, []byte(demoPlan))
	if p == nil || len(found) > 0 {
		return fmt.Errorf("the plan of the demonstration: %w", plans.AsError(found))
	}
	spec := runner.SpecOf(p, d.pair.Dir, plans.GroupNames(d.cfg))
	for try := 1; ; try++ {
		list, err := do(spec)
		d.handovers = append(d.handovers, list...)
		if err != nil {
			return err
		}
		undone := slices.IndexFunc(list, func(h rehearsal.Handover) bool { return h.Undone != "" })
		if undone < 0 {
			return nil
		}
		h := list[undone]
		d.say("  undone, as if nothing had been: %d statements of the application failed; trying again", h.Failed)
		if try == demoTries {
			return &runner.UndoneError{Stage: h.Stage, Why: errors.New(h.Undone)}
		}
	}
}

// rest stops the applications, and lets both sides catch up.
func (d *demo) rest(ctx context.Context) error {
	if err := d.load.Stop(); err != nil {
		return err
	}
	d.step("the applications have stopped; letting both sides catch up")
	d.courier = d.load.Courier()
	d.banked, _ = d.load.Total()
	began := time.Now()
	verdict, err := d.still(ctx, []string{courierDatabase, bankDatabase})
	d.caughtUp = time.Since(began)
	if err != nil {
		return err
	}
	d.applied = appliedBy(d.status())
	if d.verdict = verdict; !verdict.Equal {
		return nil // the report says what differs
	}
	d.step("comparing once more, with tandem verify")
	d.proved[1], err = d.equal(ctx)
	return err
}

func appliedBy(s ui.Status) (n int64) {
	for _, l := range s.Links {
		n += l.Applied
	}
	return n
}

// judge ends the links, compares the servers with MySQL's own client, counts the
// bank's transactions, and checks what the courier's application takes for
// granted.
func (d *demo) judge(ctx context.Context) (err error) {
	d.end()
	d.step("comparing both databases cell by cell, with MySQL's own client")
	d.verdict, err = sandbox.Compare(ctx, d.pair.Source, d.pair.Target, []string{courierDatabase, bankDatabase})
	if err != nil || !d.verdict.Equal {
		return err // the report says what differs
	}
	if d.count, err = d.load.Check(ctx); err != nil {
		return err
	}
	config := d.pair.Target.RootConfig()
	config.DBName = courierDatabase
	db, err := openDB(config)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := courier.Check(ctx, db); err != nil {
		return fmt.Errorf("both sides are equal, but break a rule of the sample data: %w", err)
	}
	return nil
}
