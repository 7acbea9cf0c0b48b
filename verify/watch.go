package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"time"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// Changes tells which rows the transactions of one side's log have touched.
type Changes interface {
	// Keys calls touched with the key (canonical values, in the order of the key)
	// of each row that a transaction has touched which is in until and not in from;
	// both keys of a row whose key was changed; nil for a table that has no key, or of
	// which more was changed than rows. A row may be named several times.
	Keys(ctx context.Context, from, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) error
}

// Logs are the logs of both sides.
type Logs struct{ Source, Target Changes }

func (l Logs) of(side int) Changes {
	if side == target {
		return l.Target
	}
	return l.Source
}

// ErrNothingProven says that there was no full comparison yet.
var ErrNothingProven = errors.New("no table of this migration was ever compared as a whole")

// TouchedSince compares the rows that were touched since they were proven equal
// last, and notes what is proven then. It returns [ErrNothingProven] when there
// is nothing to start from.
func TouchedSince(ctx context.Context, cfg Config, logs Logs) (*Report, error) {
	w, err := newWatch(ctx, cfg, logs)
	if err != nil {
		return nil, err
	}
	defer w.close()
	return w.round(ctx)
}

// Watch compares rows as the links apply them, until ctx ends, which is no
// error. each is called with what every round has found.
func Watch(ctx context.Context, cfg Config, logs Logs, each func(*Report)) error {
	w, err := newWatch(ctx, cfg, logs)
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
	cfg    Config
	logs   Logs
	r      *run
	state  *state
	proven map[schema.Name]Verified
	owners owners // as of the last round
}

func newWatch(ctx context.Context, cfg Config, logs Logs) (_ *watch, err error) {
	w := &watch{cfg: cfg, logs: logs, proven: map[schema.Name]Verified{}}
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
	return w, provenOf(all, w.r.wanted, w.proven)
}

// provenOf puts what is proven of the wanted tables into a map.
func provenOf(all []Verified, wanted func(schema.Name) bool, into map[schema.Name]Verified) error {
	for _, v := range all {
		if wanted(v.Table) {
			into[v.Table] = v
		}
	}
	if len(into) == 0 {
		return ErrNothingProven
	}
	return nil
}

// intersect returns what two sets have in common.
func intersect(a, b change.GTIDSet) change.GTIDSet { return a.Subtract(a.Subtract(b)) }

func (w *watch) close() { w.r.close() }

// round compares what was touched since the last one.
func (w *watch) round(ctx context.Context) (*Report, error) {
	r := w.r.again()
	now, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	w.tell(now.owners)
	t, err := w.task(ctx, now)
	if err != nil {
		return nil, err
	}
	err = r.work(ctx, func(ctx context.Context) error {
		return r.compareKeys(ctx, func(touched func(schema.Name, chunk.Key) error) error {
			for name, v := range w.proven {
				if _, known := t.reads[name]; !known {
					continue
				}
				for _, key := range v.doubtful {
					if err := touched(name, key); err != nil {
						return err
					}
				}
			}
			return t.keys(ctx, w.logs, touched)
		})
	})
	if err != nil {
		return nil, err
	}
	for _, name := range t.lost {
		r.skip(name, whyLost)
	}
	rep, err := r.report(ctx, "touched")
	if err != nil {
		return nil, err
	}
	return rep, w.note(ctx, rep, t)
}

// whyLost says why rows can not be told that were touched since a handover.
const whyLost = "it is not proven since its group was handed over: tandem verify compares all"

// tell tells of groups that have another owner.
func (w *watch) tell(now owners) {
	if w.owners != nil && !maps.Equal(w.owners, now) && w.cfg.HandedOver != nil {
		w.cfg.HandedOver()
	}
	w.owners = now
}

// note remembers the rows that were not equal, and what is proven for the others.
func (w *watch) note(ctx context.Context, rep *Report, t *task) error {
	if !t.moved && len(rep.Tables) == 0 {
		return nil
	}
	for name := range w.proven {
		t.prove(name, w.proven)
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
	return w.state.moved(ctx, w.proven)
}

// again returns a run over the same servers that has found nothing yet.
func (r *run) again() *run {
	next := &run{cfg: r.cfg, dbs: r.dbs, facts: r.facts, served: r.served, prepared: r.prepared, kept: r.kept, large: r.large, began: time.Now()}
	next.owners.Store(r.owners.Load())
	next.warned.Store(r.warned.Load())
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
