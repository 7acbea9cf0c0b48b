package cli

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"tandem/cmd/internal/touched"
	"tandem/cmd/internal/ui"
	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/verify"
)

// validator compares the rows that the links have applied, beside them: once
// a full comparison has proven where both sides stand, it keeps that true. It
// never stops a link.
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

// running is a link of a pair, as a [verify.Link].
type running struct {
	pair  *replicate.Pair
	which int
}

// Applied returns every transaction of the side that the link reads which the other
// has.
func (r running) Applied(context.Context) (change.GTIDSet, error) {
	all := r.pair.Status()
	if r.which >= len(all) {
		return change.GTIDSet{}, nil // it does not run
	}
	return change.ParseGTIDSet(all[r.which].Applied.GTID)
}

// run validates until ctx ends.
func (v *validator) run(ctx context.Context) {
	unlogged := false
	for {
		if v.pair.Status()[0].Copy.Done {
			err := v.watch(ctx)
			switch {
			case err == nil || ctx.Err() != nil || errors.Is(err, verify.ErrNothingProven):
			case !errors.Is(err, errUnlogged):
				v.log.Warn("the validator begins again", "error", err)
			case !unlogged:
				v.log.Info("rows that were applied are not compared by themselves", "reason", err, "next", "tandem verify compares all of them")
			}
			// Another owner may log it: it is looked at again.
			unlogged = errors.Is(err, errUnlogged)
			if err == nil && ctx.Err() == nil {
				continue // a group was handed over
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
var errUnlogged = errors.New("a side that owns tables does not log which rows its foreign keys change")

// watchable makes sure that the owners' logs tell which rows are touched.
func (v *validator) watchable(ctx context.Context) error {
	dbs, err := openSides(ctx, verify.Config{Source: v.cfg.Source, Target: v.cfg.Target})
	defer closeSides(dbs)
	if err != nil {
		return err
	}
	moved, err := targetOwns(ctx, v.log, dbs, v.cfg.Migration, v.cfg.GroupOf)
	if err != nil {
		return err
	}
	for i, db := range dbs {
		tables, err := catalog.Load(ctx, db, v.cfg.Tables)
		if err != nil {
			return err
		}
		owned := slices.DeleteFunc(slices.Clone(tables), func(t *schema.Table) bool { return moved(t.Name) != (i == 1) })
		if len(owned) == 0 {
			continue
		}
		unlogged, err := touched.Unlogged(ctx, db, owned)
		if err != nil {
			return err
		}
		if unlogged {
			return errUnlogged
		}
	}
	return nil
}

func (v *validator) watch(ctx context.Context) error {
	if err := v.watchable(ctx); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	source, target, err := logsOf(v.cfg, v.cfg.Tables, filepath.Join(v.cfg.SpoolDir, "validate"), quiet)
	if err != nil {
		return err
	}
	// The new owner of a group may not be one to watch: that is looked at again.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cfg := verify.Config{
		Migration: v.cfg.Migration, Source: v.cfg.Source, Target: v.cfg.Target, Tables: v.cfg.Tables, Group: v.cfg.GroupOf,
		Link: running{v.pair, 0}, Reverse: running{v.pair, 1}, HandedOver: cancel,
		Workers: 1, MaxFindings: validatorFindings, Logger: quiet,
	}
	return verify.Watch(ctx, cfg, verify.Logs{Source: source, Target: target}, v.say)
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
