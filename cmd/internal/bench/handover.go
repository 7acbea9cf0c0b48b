package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/bank"
)

// partHandover measures handovers and rollbacks under load.
const partHandover = "handover"

// Handovers is what the part has measured.
type Handovers struct {
	TPS     float64           `json:"transactions_per_second"` // asked for
	Writers int               `json:"writers"`
	All     rehearsal.Summary `json:"all"`
	Forward rehearsal.Summary `json:"handovers"`
	Back    rehearsal.Summary `json:"rollbacks"`
	// Count is what a count of all rows on both sides has found.
	Count      bank.Verdict `json:"count"`
	Difference string       `json:"difference,omitempty"` // between the sides, as the judge sees it
	// Guards is what armed guards cost.
	Guards GuardCost            `json:"guards"`
	List   []rehearsal.Handover `json:"list"`
}

// The bank that is handed over, and one in the same group whose throughput tells
// what guards cost.
const (
	bankDatabase   = database
	strainDatabase = database + "_strain"
)

// handovers runs the part on a pair of its own.
func (l *lab) handovers(ctx context.Context) (_ *Handovers, err error) {
	servers, err := l.emptyPair(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, servers.close(ctx)) }()
	c, err := l.newCampaign(ctx, servers)
	if err != nil {
		return nil, err
	}
	defer c.close()
	report := &Handovers{TPS: l.opts.HandoverTPS, Writers: l.opts.Clients}
	if err := c.rounds(ctx, report); err != nil {
		return report, err
	}
	if report.Guards, err = c.guardCost(ctx); err != nil {
		return report, err
	}
	return report, c.judge(ctx, report)
}

func (l *lab) emptyPair(ctx context.Context) (p pair, err error) {
	if p.source, err = l.source(ctx, l.opts.durable()); err != nil {
		return p, err
	}
	if p.target, err = l.target(ctx); err != nil {
		return p, errors.Join(err, p.close(ctx))
	}
	return p, nil
}

// campaign is a pair with an application, both links, and a plan.
type campaign struct {
	*lab
	servers pair
	load    *rehearsal.Load
	daemon  *program
	dir     string
	failed  context.Context // ends when an application fails
}

const handoverStage = "bank"

const handoverPlan = `version: 1
name: bench
stages:
  - name: ` + handoverStage + `
    handover: ["*"]
    approve: {within: 5m}
    gates: {timeout: 2m, lag: {below: 1s}, reverse: {canary: true}}
    pause_budget: 5s
`

// benchAccounts are few enough that writers meet, and many enough that they do
// not stand in line.
const benchAccounts = 1000

func (l *lab) newCampaign(ctx context.Context, servers pair) (_ *campaign, err error) {
	both := &sandbox.Pair{Source: servers.source, Target: servers.target}
	o := rehearsal.Options{Banks: map[string]string{"default": bankDatabase}, Writers: l.opts.Clients, Accounts: benchAccounts, TPS: l.opts.HandoverTPS, Seed: l.opts.Seed}
	if err := rehearsal.CreateBanks(ctx, both, o); err != nil {
		return nil, err
	}
	strain := o
	strain.Banks = map[string]string{"default": strainDatabase}
	if err := rehearsal.CreateBanks(ctx, both, strain); err != nil {
		return nil, err
	}
	c := &campaign{lab: l, servers: servers}
	command, err := l.tandemCommand(servers.source, servers.target, servers.source.Port)
	if err != nil {
		return nil, err
	}
	c.dir = command.Dir
	file := filepath.Join(c.dir, "tandem.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text = []byte(strings.Replace(string(text), `"bench.*"`, `"bench.*", "`+strainDatabase+`.*"`, 1))
	if err := errors.Join(os.WriteFile(file, text, 0o600), os.WriteFile(filepath.Join(c.dir, "plan.yaml"), []byte(handoverPlan), 0o600)); err != nil {
		return nil, err
	}
	if c.load, err = rehearsal.NewLoad(both, o); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	l.say("handover: copying an empty bank")
	first, err := start(ctx, c.command("replicate", "--until", "caught-up"))
	if err != nil {
		return nil, err
	}
	if err := first.wait(); err != nil {
		return nil, err
	}
	if c.daemon, err = start(ctx, c.command("replicate")); err != nil {
		return nil, err
	}
	c.failed = c.load.Start(ctx)
	return c, nil
}

func (c *campaign) close() {
	_ = c.load.Stop() // judge has asked before
	c.load.Close()
	if c.daemon != nil {
		c.daemon.stop()
	}
}

// rounds hands over and rolls back, again and again.
func (c *campaign) rounds(ctx context.Context, report *Handovers) error {
	defer func() {
		var forward, back []rehearsal.Handover
		for _, h := range report.List {
			if h.To == string(sandbox.Target) {
				forward = append(forward, h)
			} else {
				back = append(back, h)
			}
		}
		report.All, report.Forward, report.Back = rehearsal.Summarise(report.List), rehearsal.Summarise(forward), rehearsal.Summarise(back)
	}()
	for round := 1; round <= c.opts.Handovers; round++ {
		for _, way := range []struct {
			to  sandbox.Role
			run func(context.Context) (rehearsal.Ran, error)
		}{{sandbox.Target, c.handOver}, {sandbox.Source, c.rollBack}} {
			h, err := c.load.Watch(ctx, round, handoverStage, string(way.to), []string{"default"}, way.run)
			if err != nil {
				return fmt.Errorf("handover %d to the %s: %w", round, way.to, errors.Join(err, c.trouble()))
			}
			report.List = append(report.List, h)
			if h.Undone != "" {
				c.say("handover: round %d to the %s was undone, %d statements failed: %s", round, way.to, h.Failed, h.Undone)
				break // there is nothing to bring back, or it stays where it is
			}
			c.say("handover: round %d to the %s: nobody could write for %.0f ms, %d statements failed", round, way.to, h.Pause*1000, h.Failed)
		}
		if err := c.home(ctx, report, round); err != nil {
			return err
		}
	}
	return nil
}

// home brings the bank back to the source where a rollback was undone.
func (c *campaign) home(ctx context.Context, report *Handovers, round int) error {
	for tries := 0; len(report.List) > 0; tries++ {
		last := report.List[len(report.List)-1]
		if last.To != string(sandbox.Source) || last.Undone == "" {
			return nil
		}
		if tries == 10 {
			return fmt.Errorf("round %d: the bank can not be brought back: %s", round, last.Undone)
		}
		h, err := c.load.Watch(ctx, round, handoverStage, string(sandbox.Source), []string{"default"}, c.rollBack)
		if err != nil {
			return err
		}
		report.List = append(report.List, h)
	}
	return nil
}

// trouble is what else has gone wrong.
func (c *campaign) trouble() error {
	select {
	case <-c.daemon.ended:
		return fmt.Errorf("the links have ended: %w", c.daemon.wait())
	default:
	}
	if c.failed.Err() != nil {
		return fmt.Errorf("the application has failed: %w", context.Cause(c.failed))
	}
	return nil
}

// judge stops the application, lets both sides catch up, and counts.
func (c *campaign) judge(ctx context.Context, report *Handovers) error {
	if err := c.load.Stop(); err != nil {
		return err
	}
	c.say("handover: counting %d transactions on both sides", func() int64 { n, _ := c.load.Total(); return n }())
	deadline := time.Now().Add(time.Minute)
	for {
		verdict, err := sandbox.Compare(ctx, c.servers.source, c.servers.target, []string{bankDatabase, strainDatabase})
		if err != nil {
			return err
		}
		if report.Difference = ""; verdict.Equal {
			break
		}
		report.Difference = verdict.String()
		if time.Now().After(deadline) {
			break // it does not catch up any more
		}
	}
	var err error
	if report.Count, err = c.load.Check(ctx); err != nil {
		return err
	}
	if !report.Count.OK() || report.Difference != "" {
		return fmt.Errorf("handover: rows are not as they must be: %s %s", report.Count, report.Difference)
	}
	return nil
}
