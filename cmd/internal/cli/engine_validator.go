package cli

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"tandem/cmd/internal/touched"
	"tandem/cmd/internal/ui"
	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/replicate"
	"tandem/verify"
)

// validator compares the rows that the forward link has applied, beside it: once
// a full comparison has proven where both sides stand, it keeps that true. It
// never stops the link.
type validator struct {
	cfg  replicate.Config
	pair *replicate.Pair
	log  *slog.Logger
	// said is what was found when it was logged last.
	said string
}

// validateAgain is how long the validator waits before it begins again: while
// there is nothing to start from, or after an error.
const validateAgain = 5 * time.Second

// Applied returns every source transaction that the target has. It makes the
// validator a [verify.Link].
func (v *validator) Applied(context.Context) (change.GTIDSet, error) {
	return change.ParseGTIDSet(v.pair.Status()[0].Applied.GTID)
}

// run validates until ctx ends.
func (v *validator) run(ctx context.Context) {
	for {
		if v.pair.Status()[0].Copy.Done {
			err := v.watch(ctx)
			if errors.Is(err, errUnlogged) {
				v.log.Info("rows that were applied are not compared by themselves", "reason", err, "next", "tandem verify compares all of them")
				return
			}
			if err != nil && ctx.Err() == nil && !errors.Is(err, verify.ErrNothingProven) {
				v.log.Warn("the validator begins again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(validateAgain):
		}
	}
}

// errUnlogged says why there is nothing to watch: whole tables would have to be
// compared again and again.
var errUnlogged = errors.New("the source does not log which rows its foreign keys change")

// watchable makes sure that the source's log tells which rows are touched.
func (v *validator) watchable(ctx context.Context) (err error) {
	db, err := mysqldb.Open(ctx, v.cfg.Source, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tables, err := catalog.Load(ctx, db, v.cfg.Tables)
	if err != nil {
		return err
	}
	unlogged, err := touched.Unlogged(ctx, db, tables)
	if err == nil && unlogged {
		err = errUnlogged
	}
	return err
}

func (v *validator) watch(ctx context.Context) error {
	if err := v.watchable(ctx); err != nil {
		return err
	}
	dir := filepath.Join(v.cfg.SpoolDir, "validate")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	changes := &touched.Changes{
		Source: v.cfg.Source, Tables: v.cfg.Tables, Schemas: v.cfg.Schemas, SpoolDir: dir,
		ServerID: rand.Uint32() | 1<<31, Logger: slog.New(slog.DiscardHandler),
	}
	cfg := verify.Config{
		Migration: v.cfg.Migration, Source: v.cfg.Source, Target: v.cfg.Target, Tables: v.cfg.Tables, Link: v,
		Workers: 1, MaxFindings: validatorFindings, Logger: slog.New(slog.DiscardHandler),
	}
	return verify.Watch(ctx, cfg, changes, v.say)
}

// validatorFindings is how many rows of a table the validator holds on to.
const validatorFindings = 100

// say logs what has been found, when that has changed.
func (v *validator) say(r *verify.Report) {
	found := foundIn(r)
	if found == v.said {
		return
	}
	v.said = found
	if found == "" {
		v.log.Info("the rows that differed are equal again")
		return
	}
	for _, t := range r.Tables {
		c := t.Counts
		if wrong := c.Missing + c.Extra + c.Different + c.CollationOnly; wrong > 0 {
			v.log.Error("rows differ between source and target", "table", t.Schema+"."+t.Table, "rows", wrong,
				"next", "tandem verify --tables "+t.Schema+"."+t.Table)
		}
	}
}

// viewVerified sums up what has been proven, for the status; nil where nothing was.
func viewVerified(ctx context.Context, cfg replicate.Config) *ui.Verified {
	db, err := mysqldb.Open(ctx, cfg.Target, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return nil
	}
	defer db.Close()
	all, err := verify.ReadVerified(ctx, db, cfg.Migration)
	if err != nil || len(all) == 0 {
		return nil // nothing was ever proven
	}
	sum := &ui.Verified{Tables: len(all), At: all[0].At, FullAt: all[0].FullAt}
	through := all[0].Position
	for _, one := range all {
		through = through.Subtract(through.Subtract(one.Position))
		sum.Pending += one.Pending
		sum.Mismatches += one.Mismatches
		if one.At.Before(sum.At) {
			sum.At = one.At
		}
		if one.FullAt.Before(sum.FullAt) {
			sum.FullAt = one.FullAt
		}
	}
	sum.Position = through.String()
	return sum
}
