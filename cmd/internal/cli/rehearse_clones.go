package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/cloud"
	"tandem/internal/config"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// removeTime is how long removing the clones may take.
const removeTime = 30 * time.Minute

// clonesOf returns what makes clones of both sides, by side.
func (a *app) clonesOf(ctx context.Context, cfg *config.Config) (map[string]cloud.Clones, error) {
	from, to := cfg.Source.CloudSQL, cfg.Target.Aurora
	if from == nil || to == nil {
		return nil, withHint(errors.New("rehearse --on clones: tandem.yaml does not name a Cloud SQL instance and an Aurora cluster"),
			"write source: {cloudsql: …} and target: {aurora: …}\ntandem rehearse runs the plan on this machine instead")
	}
	google, err := a.clouds.gcp(ctx)
	if err != nil {
		return nil, err
	}
	amazon, err := a.clouds.aws(ctx)
	if err != nil {
		return nil, err
	}
	id, err := a.clouds.cluster(ctx, to)
	if err != nil {
		return nil, err
	}
	return map[string]cloud.Clones{string(ownership.Source): google.Clones(from.Instance), string(ownership.Target): amazon.Clones(to.Region, id)}, nil
}

// ledgerFile is where the names of clones are kept.
func ledgerFile(cfg *config.Config) string {
	return filepath.Join(filepath.Dir(cfg.File()), ".tandem", "rehearsals", "clones.jsonl")
}

func (a *app) ledger(ctx context.Context, cfg *config.Config) (*journal.Journal, error) {
	file := ledgerFile(cfg)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("keep the names of clones: %w", err)
	}
	j, _, err := journal.Open(ctx, slog.New(slog.DiscardHandler), time.Now, journal.Named{Name: file, Store: journal.NewFile(file)})
	return j, err
}

// onClones rehearses on clones: it makes them, runs the plan there, and removes
// them whatever has happened.
func (r *rehearse) onClones(ctx context.Context, dir string) (err error) {
	cfg := r.real
	sides, err := r.clonesOf(ctx, cfg)
	if err != nil {
		return err
	}
	real, err := r.realServers(ctx)
	if err != nil {
		return err
	}
	run := r.began.UTC().Format("20060102-150405") + "-" + suffix()
	if err := r.agree(r.opts.confirm, cfg.Migration, cloneQuestion(cfg, rehearsal.CloneName(run))); err != nil {
		return err
	}
	ledger, err := r.ledger(ctx, cfg)
	if err != nil {
		return err
	}
	clones := &rehearsal.Clones{Run: run, Migration: cfg.Migration, Sides: sides, Ledger: ledger, Again: r.opts.again,
		Say: func(text string) { r.say("  %s", r.err.Paint(ui.Dim, text)) }}
	r.app.stage.stopping("removing the clones", "tandem rehearse --clean lists what is left over, and removes it")
	defer func() {
		r.say("%s removing the clones", r.err.Paint(ui.Cyan, "==>"))
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTime)
		defer cancel()
		if failed := clones.Remove(last); failed != nil {
			err = errors.Join(err, withHint(fmt.Errorf("a clone may still stand, and cost money: %w", failed), "tandem rehearse --clean lists what is left over, and removes it"))
		}
	}()
	r.say("%s making clones of both sides, named %s", r.err.Paint(ui.Cyan, "==>"), rehearsal.CloneName(run))
	made, err := clones.Make(ctx)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "tandem-rehearsal-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if r.cfg, err = cloneConfig(cfg, made, work); err != nil {
		return err
	}
	r.journal = filepath.Join(work, "journal.jsonl")
	if err := r.emptied(ctx, real); err != nil {
		return err
	}
	spec := runner.SpecOf(r.plan, dir, plans.GroupNames(r.cfg))
	r.notes = append(r.notes, r.opts.cutDown(spec)...)
	r.notes = append(r.notes, "the clones are as large as the real ones; nobody else writes to them but the plan's load")
	r.sayAll(r.notes)
	if err := r.performOnClones(ctx, spec, dir); err != nil {
		return err
	}
	return r.report(ctx)
}

// clonesDifferError says that the clones are not equal behind the last round.
type clonesDifferError struct{ outcome string }

func (e *clonesDifferError) Error() string {
	return "the clones are not equal in the end: " + e.outcome
}

// Unwrap makes it a mismatch: it ends with the same exit code.
func (e *clonesDifferError) Unwrap() error { return &mismatchError{} }

func suffix() string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// cloneQuestion says what is made, and that it costs money.
func cloneQuestion(cfg *config.Config, name string) string {
	return fmt.Sprintf(`clones named %s are made of Cloud SQL instance %s and Aurora cluster %s, with all of their data.
They cost money while they stand: an instance of the same size with a full copy of the disk in Google Cloud;
one Aurora instance, and storage for what is written, in AWS. All tables that move are emptied on the Aurora
clone and copied again from the Cloud SQL clone, which reads all rows out of Google's network (egress).
They are removed when the rehearsal ends. Begin`, name, cfg.Source.CloudSQL.Instance, cfg.Target)
}

// cloneConfig is tandem.yaml with the clones in place of the real servers.
func cloneConfig(real *config.Config, made map[string]cloud.Clone, work string) (*config.Config, error) {
	c := *real
	source, target := made[string(ownership.Source)], made[string(ownership.Target)]
	if source.ConnectionName == "" || source.ConnectionName == real.Source.CloudSQL.Instance || target.Name == "" || target.Name == real.Target.Aurora.Cluster {
		return nil, fmt.Errorf("the clones can not be told from the real servers: %q and %q", source.ConnectionName, target.Name)
	}
	from := *real.Source.CloudSQL
	from.Instance = source.ConnectionName
	c.Source.CloudSQL, c.Source.ReadFrom = &from, nil
	c.Target.Aurora = &config.Aurora{Cluster: target.Name, Region: real.Target.Aurora.Region}
	c.Replicate.Spool.Dir = config.Path(filepath.Join(work, "spool"))
	c.Replicate.Validate = false
	return &c, nil
}

// performOnClones begins the plan's load and the links, and goes through the
// rounds. Parity is what tandem's own comparison says: nothing else reads clones.
func (r *rehearse) performOnClones(ctx context.Context, spec runner.Spec, dir string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.loadEnd = ctx
	r.begin(ctx, func(ui.Status) {})
	defer r.end()
	r.say("%s copying from clone to clone", r.err.Paint(ui.Cyan, "==>"))
	if err := r.copied(ctx); err != nil {
		return err
	}
	if err := r.look(ctx, 0); err != nil {
		return err
	}
	load := r.startLoad(ctx, dir)
	r.loadEnd = load.failed
	err := r.rounds(ctx, spec)
	if stopped := load.stop(); stopped != nil {
		return errors.Join(err, stopped)
	}
	if err != nil {
		return err
	}
	if err := r.caughtUp(ctx); err != nil {
		return err
	}
	if err := r.look(ctx, 1); err != nil {
		return err
	}
	r.verdict.Equal = r.parities[1] == string(equalOutcome)
	return nil
}
