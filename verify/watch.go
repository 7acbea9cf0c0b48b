package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Changes tells which rows transactions of the source have touched.
type Changes interface {
	// Keys calls touched with the key (canonical values, in the order of the key)
	// of each row that a transaction of the source has touched which is in until
	// and not in from; both keys of a row whose key was changed; nil for a
	// table that has no key, or of which more was changed than rows. A row may be named several times.
	Keys(ctx context.Context, from, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) error
}

// Since compares the rows that the source's transactions have touched after
// those of a position, up to now.
func Since(ctx context.Context, cfg Config, changes Changes, from change.GTIDSet) (*Report, error) {
	r, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer r.close()
	until, err := mysqldb.Executed(ctx, r.dbs[source])
	if err != nil {
		return nil, err
	}
	err = r.work(ctx, func(ctx context.Context) error {
		return r.compareKeys(ctx, func(touched func(schema.Name, chunk.Key) error) error {
			return changes.Keys(ctx, from, until, touched)
		})
	})
	if err != nil {
		return nil, err
	}
	return r.report(ctx, "since")
}

// ErrNothingProven says that there was no full comparison yet.
var ErrNothingProven = errors.New("no table of this migration was ever compared as a whole")

// TouchedSince compares the rows that were touched since they were proven equal
// last, and notes what is proven then. It returns [ErrNothingProven] when there
// is nothing to start from.
func TouchedSince(ctx context.Context, cfg Config, changes Changes) (*Report, error) {
	w, err := newWatch(ctx, cfg, changes)
	if err != nil {
		return nil, err
	}
	defer w.close()
	return w.round(ctx)
}

// Watch compares rows as the link applies them, until ctx ends, which is no
// error. each is called with what every round has found.
func Watch(ctx context.Context, cfg Config, changes Changes, each func(*Report)) error {
	w, err := newWatch(ctx, cfg, changes)
	if err != nil {
		return err
	}
	defer w.close()
	for {
		began := time.Now()
		rep, err := w.round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		each(rep)
		if err := wait(ctx, watchEvery-time.Since(began)); err != nil {
			return nil
		}
	}
}

// watchEvery is how often rows are looked at that were touched since.
const watchEvery = time.Second

// watch compares what is touched.
type watch struct {
	cfg     Config
	changes Changes
	r       *run
	state   *state
	proven  map[schema.Name]Verified
	from    change.GTIDSet
}

func newWatch(ctx context.Context, cfg Config, changes Changes) (_ *watch, err error) {
	w := &watch{cfg: cfg, changes: changes, proven: map[schema.Name]Verified{}}
	if w.r, err = open(ctx, cfg); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.state, err = w.r.openState(ctx); err != nil {
		return nil, err
	}
	if w.state == nil {
		return nil, fmt.Errorf("what has been proven is kept in _tandem on %s: the user may not write there", cfg.Target.Name)
	}
	all, err := ReadVerified(ctx, w.r.dbs[target], cfg.Migration)
	if err != nil {
		return nil, err
	}
	w.from, err = provenOf(all, w.r.wanted, w.proven)
	return w, err
}

// intersect returns what two sets have in common.
func intersect(a, b change.GTIDSet) change.GTIDSet { return a.Subtract(a.Subtract(b)) }

func (w *watch) close() { w.r.close() }

// round compares what was touched since the last one.
func (w *watch) round(ctx context.Context) (*Report, error) {
	until, err := w.until(ctx)
	if err != nil {
		return nil, err
	}
	r := w.r.again()
	err = r.work(ctx, func(ctx context.Context) error {
		return r.compareKeys(ctx, func(touched func(schema.Name, chunk.Key) error) error {
			for name, v := range w.proven {
				for _, key := range v.doubtful {
					if err := touched(name, key); err != nil {
						return err
					}
				}
			}
			if until.Subtract(w.from).IsEmpty() {
				return nil
			}
			return w.changes.Keys(ctx, w.from, until, touched)
		})
	})
	if err != nil {
		return nil, err
	}
	rep, err := r.report(ctx, "touched")
	if err != nil {
		return nil, err
	}
	if err := w.note(ctx, rep, until); err != nil {
		return nil, err
	}
	w.from = until
	return rep, nil
}

// until is how far rows are compared: as far as the link has applied, or the
// source has executed where there is no link.
func (w *watch) until(ctx context.Context) (change.GTIDSet, error) {
	if w.cfg.Link != nil {
		until, err := w.cfg.Link.Applied(ctx)
		if err != nil {
			return until, fmt.Errorf("ask the link for its position: %w", err)
		}
		until = until.Clone()
		until.Union(w.from)
		return until, nil
	}
	return mysqldb.Executed(ctx, w.r.dbs[source])
}

// note remembers the rows that were not equal, and what is proven for the others.
func (w *watch) note(ctx context.Context, rep *Report, until change.GTIDSet) error {
	if until.Equal(w.from) && len(rep.Tables) == 0 {
		return nil
	}
	for i := range rep.Tables {
		t := &rep.Tables[i]
		name := schema.Name{Schema: t.Schema, Table: t.Table}
		v, ok := w.proven[name]
		if !ok {
			continue
		}
		if t.Skipped != "" {
			delete(w.proven, name)
			if err := w.state.unproven(ctx, name); err != nil {
				return err
			}
			continue
		}
		if t.unkeyed {
			v.unlisted = 0 // it was compared as a whole
		}
		v.take(t)
		w.proven[name] = v
	}
	return w.state.moved(ctx, w.proven, until)
}

// again returns a run over the same servers that has found nothing yet.
func (r *run) again() *run {
	next := &run{cfg: r.cfg, dbs: r.dbs, facts: r.facts, served: r.served, prepared: r.prepared, kept: r.kept, large: r.large, began: time.Now()}
	next.settler = newSettler(next)
	return next
}

// Keys makes a sequence of keys of one table.
func Keys(name schema.Name, keys ...chunk.Key) iter.Seq2[schema.Name, chunk.Key] {
	return func(yield func(schema.Name, chunk.Key) bool) {
		for _, k := range keys {
			if !yield(name, k) {
				return
			}
		}
	}
}
