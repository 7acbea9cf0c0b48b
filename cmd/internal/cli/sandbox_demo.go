package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/bank"
	"tandem/internal/sandbox/courier"
	"tandem/plans"
)

type sandboxDemoOptions struct {
	up     sandboxUpOptions
	tps    float64
	stream time.Duration
	keep   bool
}

func newSandboxDemoCommand(a *app) *cobra.Command {
	var opts sandboxDemoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a crossing: copy, stream, hand over, bring back, compare",
		Long: `Start a pair of servers, seed the sample database and a bank, have two applications
write to them, and copy and stream them to the other server meanwhile. Prove that
both sides are equal, hand both over in two stages while the applications write on,
and bring the second stage back on purpose. Then stop the applications, compare both
databases with MySQL's own client, cell by cell, without any of tandem's code, and
count whether every transaction of the bank is there once. Everything is removed at
the end.

EXIT STATUS
  0  both databases are equal, and nothing was lost
  1  failed
  3  they are not equal, or something was lost; it is named
  4  a handover was undone, again and again`,
		Example: `  tandem sandbox demo
  tandem sandbox demo --size large --tps 500 --source-version 5.6`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandboxDemo(cmd.Context(), a, opts) },
	}
	f := cmd.Flags()
	f.StringVar(&opts.up.dir, "dir", "", "`folder` of the sandbox; a temporary one if not given")
	f.StringVar(&opts.up.sourceVersion, "source-version", "", "MySQL `version` of the source: 5.6, or empty for the newest there is")
	f.StringVar(&opts.up.targetVersion, "target-version", "", "MySQL `version` of the target: 5.6, or empty for the newest there is")
	f.BoolVar(&opts.up.durable, "durable", false, "flush every commit to disk, as the clouds do")
	f.BoolVar(&opts.up.noFetch, "no-fetch", false, "never download a MySQL server")
	f.Float64Var(&opts.tps, "tps", 150, "transactions a second of the courier's application; 0 for as many as possible")
	f.DurationVar(&opts.stream, "stream", 5*time.Second, "`time` to go on with the load once the copy is done")
	f.BoolVar(&opts.keep, "keep", false, "leave the servers running at the end")
	opts.up.seed.addFlags(cmd, "medium")
	return cmd
}

// mismatchError says that two databases that must be equal are not.
type mismatchError struct{ verdict sandbox.Verdict }

func (e *mismatchError) Error() string { return "the databases are not equal: " + e.verdict.String() }

// lostError says that the bank's transactions are not all there, once each.
type lostError struct{ verdict bank.Verdict }

func (e *lostError) Error() string { return "the bank's books do not balance: " + e.verdict.String() }

// Unwrap makes it a mismatch: it ends with the same exit code.
func (e *lostError) Unwrap() error { return &mismatchError{} }

// demo is one run of the demonstration.
type demo struct {
	theatre
	opts  sandboxDemoOptions
	began time.Time

	seeded    courier.SeedStats
	courier   courier.LoadStats
	banked    int64         // transactions of the bank
	copyTook  time.Duration // from the begin of replication to the end of the copy
	rows      int64         // copied
	bytes     int64
	applied   int64 // transactions
	caughtUp  time.Duration
	proved    [2]int64 // rows that tandem itself has compared, before and after
	handovers []rehearsal.Handover
	verdict   sandbox.Verdict
	count     bank.Verdict
}

func runSandboxDemo(ctx context.Context, a *app, opts sandboxDemoOptions) (err error) {
	if opts.up.dir == "" {
		dir, err := os.MkdirTemp("", "tandem-demo-")
		if err != nil {
			return err
		}
		opts.up.dir = dir
		if !opts.keep {
			defer os.RemoveAll(dir)
		}
	}
	up, err := opts.up.upOptions(a)
	if err != nil {
		return err
	}
	up.Tables = []string{courierDatabase + ".*", bankDatabase + ".*"}
	a.stage.stopping("taking the servers down", "")
	d := &demo{theatre: theatre{app: a, screen: a.planScreen()}, opts: opts, began: time.Now()}
	d.step("starting two MySQL servers")
	if d.pair, err = sandbox.Up(ctx, up); err != nil {
		return sandboxError(err)
	}
	defer func() { err = errors.Join(err, d.cleanUp(ctx)) }()
	a.say("  source MySQL %s on %s, target MySQL %s on %s", d.pair.Source.Install().Number(), d.pair.Source.Addr(),
		d.pair.Target.Install().Number(), d.pair.Target.Addr())
	if err := d.act(ctx); err != nil {
		return err
	}
	return d.report()
}

// act is the demonstration from the first row to the last look.
func (d *demo) act(ctx context.Context) error {
	if err := d.fill(ctx); err != nil {
		return err
	}
	defer d.load.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.loadEnd = d.load.Start(ctx)
	defer d.load.Stop()
	defer d.end()
	for _, act := range []func(context.Context) error{d.cross, d.prove, d.handOverAll, d.bringBack, d.rest, d.judge} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) step(format string, args ...any) {
	d.say("%s %s", d.err.Paint(ui.Cyan, "==>"), d.err.Paint(ui.Bold, fmt.Sprintf(format, args...)))
}

// The bank of the demonstration.
const (
	bankDatabase = "bank"
	bankAccounts = 500
	bankWriters  = 4
	bankShare    = 0.5 // of the courier's rate
)

func (d *demo) fill(ctx context.Context) (err error) {
	d.step("seeding a courier company's database on the source, and a bank")
	if d.seeded, err = d.seed(ctx, d.pair.Source, d.opts.up.seed); err != nil {
		return err
	}
	o := rehearsal.Options{
		Banks: map[string]string{"bank": bankDatabase}, Writers: bankWriters, Accounts: bankAccounts, TPS: d.opts.tps * bankShare,
		Courier: courierDatabase, CourierTPS: d.opts.tps, Seed: uint64(d.opts.up.seed.seed),
	}
	if err := rehearsal.CreateBanks(ctx, d.pair, o); err != nil {
		return err
	}
	if d.load, err = rehearsal.NewLoad(d.pair, o); err != nil {
		return err
	}
	d.cfg, err = d.config()
	return err
}

// config adds the bank's group to the pair's tandem.yaml, and puts the plan
// beside it.
func (d *demo) config() (*config.Config, error) {
	file := filepath.Join(d.pair.Dir, sandbox.ConfigFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(string(text), "\ngroups:") { // a sandbox that was kept has it
		text = append(text, "groups: {bank: [\""+bankDatabase+".*\"]}\n"...)
	}
	if err := errors.Join(os.WriteFile(file, text, 0o600), os.WriteFile(filepath.Join(d.pair.Dir, plans.FileName), []byte(demoPlan), 0o600)); err != nil {
		return nil, err
	}
	return config.Load(file, func(string) string { return "" }, nil)
}

// cleanUp takes the servers down, also after Ctrl-C.
func (d *demo) cleanUp(ctx context.Context) error {
	if d.opts.keep {
		d.say("the servers keep running; tandem sandbox down --dir %s removes them", d.pair.Dir)
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err := sandbox.Down(ctx, d.pair.Dir)
	removeSpool(d.pair.Dir)
	// What the demonstration has written itself.
	for _, name := range []string{sandbox.ConfigFile, plans.FileName} {
		_ = os.Remove(filepath.Join(d.pair.Dir, name)) // it may not be there
	}
	return errors.Join(err, os.RemoveAll(filepath.Join(d.pair.Dir, ".tandem", "journal")))
}
