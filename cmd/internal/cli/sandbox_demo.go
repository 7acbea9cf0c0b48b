package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
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
		Short: "Watch a crossing: seed, load, copy, stream, compare",
		Long: `Start a pair of servers, seed the sample database, run a load on it, and copy and
stream it to the other server meanwhile. Then stop the load, let the target catch
up, and compare both databases with MySQL's own client, cell by cell, without any
of tandem's code. Everything is removed at the end.

EXIT STATUS
  0  both databases are equal
  1  failed
  3  they are not equal; the tables are named`,
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
	f.Float64Var(&opts.tps, "tps", 150, "transactions a second of the load; 0 for as many as possible")
	f.DurationVar(&opts.stream, "stream", 15*time.Second, "`time` to go on with the load once the copy is done")
	f.BoolVar(&opts.keep, "keep", false, "leave the servers running at the end")
	opts.up.seed.addFlags(cmd, "medium")
	return cmd
}

// mismatchError says that two databases that must be equal are not.
type mismatchError struct{ verdict sandbox.Verdict }

func (e *mismatchError) Error() string { return "the databases are not equal: " + e.verdict.String() }

// demo is one run of the demonstration.
type demo struct {
	*app
	opts  sandboxDemoOptions
	pair  *sandbox.Pair
	began time.Time

	seeded   courier.SeedStats
	load     courier.LoadStats
	copied   time.Duration // from the begin of replication to the end of the copy
	rows     int64         // copied
	bytes    int64
	applied  int64 // transactions
	caughtUp time.Duration
	verdict  sandbox.Verdict
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
	a.stage.stopping("taking the servers down", "")
	d := &demo{app: a, opts: opts, began: time.Now()}
	d.step("starting two MySQL servers")
	if d.pair, err = sandbox.Up(ctx, up); err != nil {
		return sandboxError(err)
	}
	defer func() { err = errors.Join(err, d.cleanUp(ctx)) }()
	a.say("  source MySQL %s on %s, target MySQL %s on %s", d.pair.Source.Install().Number(), d.pair.Source.Addr(),
		d.pair.Target.Install().Number(), d.pair.Target.Addr())
	for _, act := range []func(context.Context) error{d.fill, d.cross, d.judge} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return d.report()
}

func (d *demo) step(format string, args ...any) {
	d.say("%s %s", d.err.Paint(ui.Cyan, "==>"), d.err.Paint(ui.Bold, fmt.Sprintf(format, args...)))
}

func (d *demo) fill(ctx context.Context) (err error) {
	d.step("seeding a courier company's database on the source")
	d.seeded, err = d.seed(ctx, d.pair.Source, d.opts.up.seed)
	return err
}

// cross copies and streams while the application writes, stops the application,
// and lets the target catch up.
func (d *demo) cross(ctx context.Context) error {
	cfg, err := config.Load(filepath.Join(d.pair.Dir, sandbox.ConfigFile), func(string) string { return "" }, nil)
	if err != nil {
		return err
	}
	d.step("copying and streaming, with %s on the source all the while", ui.Rate(d.opts.tps, "transactions"))
	loadCtx, stopLoad := context.WithCancel(ctx)
	defer stopLoad()
	loaded := make(chan error, 1)
	go func() {
		var err error
		d.load, err = runLoad(loadCtx, d.pair.Source, courier.LoadOptions{TPS: d.opts.tps, Seed: d.opts.up.seed.seed})
		loaded <- err
	}()
	err = d.replicateUntil(ctx, cfg, loaded)
	stopLoad()
	if loadErr := <-loaded; err == nil {
		err = loadErr
	}
	if err != nil {
		return err
	}
	d.step("the load has stopped; letting the target catch up")
	began := time.Now()
	progress := d.progress()
	before, last := d.applied, int64(0) // each run counts for itself
	err = d.engine.replicate(ctx, replicateRequest{config: cfg, untilCaughtUp: true, log: d.logFrom(slog.LevelError), progress: func(s ui.Status) {
		progress.Update(s)
		last = max(last, appliedBy(s))
	}})
	progress.Close()
	d.applied = before + last
	d.caughtUp = time.Since(began)
	return err
}

func appliedBy(s ui.Status) (n int64) {
	for _, l := range s.Links {
		n += l.Applied
	}
	return n
}

// errEnough ends the replication of the demo when it has streamed long enough.
var errEnough = errors.New("the demonstration has seen enough")

// replicateUntil replicates until the copy is done and the stream has run for
// its time, or the load has failed.
func (d *demo) replicateUntil(ctx context.Context, cfg *config.Config, loaded chan error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	progress := d.progress()
	defer progress.Close()
	began := time.Now()
	var copyDone time.Time
	update := func(s ui.Status) {
		progress.Update(s)
		d.applied = max(d.applied, appliedBy(s))
		d.rows, d.bytes = max(d.rows, s.Copy.RowsDone), max(d.bytes, s.Copy.BytesDone)
		switch {
		case s.Copy.TablesTotal == 0 || s.Copy.TablesDone < s.Copy.TablesTotal:
		case copyDone.IsZero():
			copyDone = time.Now()
			d.copied = copyDone.Sub(began)
		case time.Since(copyDone) >= d.opts.stream:
			cancel(errEnough)
		}
	}
	err := d.engine.replicate(ctx, replicateRequest{config: cfg, log: d.logFrom(slog.LevelWarn), progress: update})
	if errors.Is(context.Cause(ctx), errEnough) {
		return nil
	}
	select {
	case loadErr := <-loaded:
		loaded <- nil
		return errors.Join(loadErr, err)
	default:
	}
	if err == nil && ctx.Err() == nil {
		err = errors.New("replication ended by itself")
	}
	return err
}

// judge compares the servers with MySQL's own client and checks what the
// application takes for granted.
func (d *demo) judge(ctx context.Context) (err error) {
	d.step("comparing both databases cell by cell, with MySQL's own client")
	d.verdict, err = sandbox.Compare(ctx, d.pair.Source, d.pair.Target, []string{courierDatabase})
	if err != nil || !d.verdict.Equal {
		return err // the report says what differs
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
	return err
}
