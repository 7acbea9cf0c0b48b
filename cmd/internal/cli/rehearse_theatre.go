package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/plans/runner"
	"tandem/verify"
)

// theatre is where plans are played: a pair of throwaway servers, both links,
// and applications that write. It plays them with the code that runs them in
// earnest.
type theatre struct {
	*app
	pair *sandbox.Pair
	cfg  *config.Config // of the pair
	load *rehearsal.Load
	// journal is the file of the plans that are played; empty for the usual one.
	journal string

	links   links
	screen  *planScreen
	loadEnd context.Context // ends when an application has failed
}

// links are both links, in this process.
type links struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error

	mu   sync.Mutex
	last ui.Status
}

// begin starts the links. each hears of them about four times a second.
func (t *theatre) begin(ctx context.Context, each func(ui.Status)) {
	ctx, t.links.cancel = context.WithCancel(ctx)
	t.links.ended = make(chan struct{})
	go func() {
		defer close(t.links.ended)
		t.links.err = t.engine.replicate(ctx, replicateRequest{config: t.cfg, log: t.logFrom(slog.LevelError), progress: func(s ui.Status) {
			t.links.mu.Lock()
			t.links.last = s
			t.links.mu.Unlock()
			each(s)
		}})
	}()
}

func (t *theatre) status() ui.Status {
	t.links.mu.Lock()
	defer t.links.mu.Unlock()
	return t.links.last
}

// copied waits until every table is on the target.
func (t *theatre) copied(ctx context.Context) error {
	return t.await(ctx, func() bool {
		s := t.status()
		return s.Phase == ui.PhaseStreaming && s.Copy.TablesTotal > 0 && s.Copy.TablesDone == s.Copy.TablesTotal
	})
}

// await waits for something, as long as the links run and the applications write.
func (t *theatre) await(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.links.ended:
			return fmt.Errorf("the links have ended: %w", cmpErr(t.links.err, errors.New("without a reason")))
		case <-t.loadEnd.Done():
			return fmt.Errorf("the application has failed: %w", context.Cause(t.loadEnd))
		case <-tick.C:
		}
	}
	return nil
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// end stops the links.
func (t *theatre) end() {
	if t.links.cancel != nil {
		t.links.cancel()
		<-t.links.ended
	}
}

// play runs what do does with a runner, and measures each stage of it. A handover
// that was undone is among what was measured, and no error.
func (t *theatre) play(ctx context.Context, round int, to ownership.Side, digest string, groups map[string][]string,
	do func(context.Context, *runner.Runner) error) ([]rehearsal.Handover, error) {
	w, err := t.planWork(ctx, t.cfg, t.journal, false)
	if err != nil {
		return nil, err
	}
	defer w.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &playing{theatre: t, work: w, round: round, to: to, digest: digest, groups: groups, ctx: ctx}
	cfg := w.runnerConfig(false, t.screen)
	cfg.Tell = p.tell
	r, err := runner.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer closeRunner(t.app, r)
	p.runner = r
	err = do(ctx, r)
	var undone *runner.UndoneError
	var back *runner.RolledBackError
	if errors.As(err, &undone) || errors.As(err, &back) {
		if p.watching != nil {
			p.finish(rehearsal.Ran{Undone: whyUndone(err)})
		}
		err = nil
	}
	return p.list, errors.Join(err, p.err)
}

func whyUndone(err error) string {
	var undone *runner.UndoneError
	if errors.As(err, &undone) {
		return undone.Why.Error()
	}
	return err.Error()
}

// playing follows one run by what it tells.
type playing struct {
	*theatre
	work   *planWork
	runner *runner.Runner
	ctx    context.Context
	round  int
	to     ownership.Side

	watching *rehearsal.Watching
	groups   map[string][]string
	digest   string
	list     []rehearsal.Handover
	err      error
}

// tell is called by one goroutine at a time.
func (p *playing) tell(e runner.Event) {
	p.screen.show(e)
	switch e.Kind {
	case runner.StageBegun:
		to := p.to
		if _, name, found := strings.Cut(e.Text, " to "); found {
			to = ownership.Side(name)
		}
		p.watching = p.load.Begin(p.round, e.Stage, string(to), p.groups[e.Stage])
	case runner.StepStarted:
		if rehearsal.StepName(e.Step) == "approve" {
			p.approve(e)
		}
	case runner.StageDone:
		p.finish(p.ran(e.Stage))
	case runner.StageBack:
		p.finish(rehearsal.Ran{Undone: e.Text})
	}
}

// finish is called when a stage has ended, one way or the other.
func (p *playing) finish(ran rehearsal.Ran) {
	if p.watching == nil {
		return
	}
	h, err := p.watching.End(p.ctx, ran)
	p.watching = nil
	p.list = append(p.list, h)
	p.err = errors.Join(p.err, err)
}

// ran is what the journal says of a stage.
func (p *playing) ran(stage string) rehearsal.Ran {
	var ran rehearsal.Ran
	list := p.runner.History()
	if len(list) == 0 {
		return ran
	}
	timings, pause := list[len(list)-1].Timings(stage)
	ran.Waited = pause.Seconds()
	for _, one := range timings {
		ran.Steps = append(ran.Steps, rehearsal.Step{Step: rehearsal.StepName(one.Step), Seconds: one.Took.Seconds()})
	}
	return ran
}

// approve is the person whom the plan waits for.
func (p *playing) approve(e runner.Event) {
	ask := runner.Request{Run: e.Run, Kind: runner.AskApprove, Stage: e.Stage, Digest: p.digest, Who: "a rehearsal"}
	if err := runner.Ask(p.ctx, p.cfg.Migration, p.work.sides, ask); err != nil {
		p.err = errors.Join(p.err, err)
	}
}

// handOver runs a plan from its first stage to its last one.
func (t *theatre) handOver(ctx context.Context, round int, spec runner.Spec, digest string) ([]rehearsal.Handover, error) {
	return t.playSpec(ctx, round, ownership.Target, spec, digest, func(ctx context.Context, r *runner.Runner) error {
		return r.Start(ctx, spec, digest)
	})
}

// rollBack brings stages back: one, or all if it is empty.
func (t *theatre) rollBack(ctx context.Context, round int, spec runner.Spec, stage string) ([]rehearsal.Handover, error) {
	return t.playSpec(ctx, round, ownership.Source, spec, "", func(ctx context.Context, r *runner.Runner) error {
		way, err := r.WayBack(ctx, runner.Choice{Stage: stage, All: stage == ""})
		if err != nil {
			return err
		}
		return r.Rollback(ctx, way)
	})
}

func (t *theatre) playSpec(ctx context.Context, round int, to ownership.Side, spec runner.Spec, digest string, do func(context.Context, *runner.Runner) error) ([]rehearsal.Handover, error) {
	groups := map[string][]string{}
	for _, s := range spec.Stages {
		groups[s.Name] = s.Groups
	}
	return t.play(ctx, round, to, digest, groups, do)
}

// parity compares every row of both sides with tandem's own comparison.
func (t *theatre) parity(ctx context.Context) (*verify.Report, error) {
	v := &verification{app: t.app, file: t.cfg, opts: verifyOptions{fresh: true}}
	if err := v.prepare(); err != nil {
		return nil, err
	}
	link, err := t.verifier.link(ctx, v.links)
	if err != nil {
		return nil, err
	}
	defer link.close()
	v.cfg.Link, v.cfg.Logger = link.link, slog.New(slog.DiscardHandler)
	report, err := v.compare(ctx)
	if err != nil {
		return nil, err
	}
	report.Judge(false)
	return report, nil
}

// still waits, once nobody writes, until both sides have the same rows, as MySQL's
// own client reads them. It gives up after a while: what then differs, differs.
func (t *theatre) still(ctx context.Context, databases []string) (sandbox.Verdict, error) {
	deadline := time.Now().Add(stillTime)
	for {
		verdict, err := sandbox.Compare(ctx, t.pair.Source, t.pair.Target, databases)
		if err != nil || verdict.Equal || time.Now().After(deadline) {
			return verdict, err
		}
		select {
		case <-ctx.Done():
			return verdict, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// stillTime is how long the sides have to come to the same rows.
const stillTime = 30 * time.Second
