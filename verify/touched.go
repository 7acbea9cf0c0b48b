package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/catalog"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// Touched compares the rows of those keys, and no others: after one full
// comparison only rows that were touched since can differ. A table without a key
// is compared as a whole as soon as one of its rows is named, and so is one that is
// named with a nil key. Keys may come twice.
func Touched(ctx context.Context, cfg Config, keys iter.Seq2[schema.Name, chunk.Key]) (*Report, error) {
	r, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.listed = true
	err = r.work(ctx, func(ctx context.Context) error {
		return r.compareKeys(ctx, func(touched func(schema.Name, chunk.Key) error) error {
			for name, key := range keys {
				if err := touched(name, key); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return r.report(ctx, "touched")
}

// touchedBatch is how many rows are compared by one statement on each side.
const touchedBatch = 500

// batch are keys of one table that are compared together.
type batch struct {
	table *table
	keys  []chunk.Key
	names map[string]struct{}
}

// compareKeys compares the rows whose keys each tells of.
func (r *run) compareKeys(ctx context.Context, each func(touched func(schema.Name, chunk.Key) error) error) error {
	outer := ctx
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan *batch)
	for range r.cfg.Workers {
		g.Go(func() error {
			w := &worker{run: r, ends: r.newEnds()}
			defer r.giveBack(w.ends)
			for b := range work {
				if err := w.touched(ctx, b); err != nil {
					return err
				}
				r.finish(b.table)
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(work)
		return r.collect(ctx, each, work)
	})
	if err := g.Wait(); err != nil {
		return err
	}
	// Those that are compared as a whole.
	if err := r.compareAll(outer); err != nil {
		return err
	}
	for _, t := range r.tables {
		r.ended(t)
	}
	return nil
}

// collect puts keys together to batches.
func (r *run) collect(ctx context.Context, each func(func(schema.Name, chunk.Key) error) error, work chan<- *batch) error {
	open := map[schema.Name]*batch{}
	send := func(b *batch) error {
		b.table.started()
		select {
		case work <- b:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var scratch []byte
	err := each(func(name schema.Name, key chunk.Key) error {
		b, known := open[name]
		if !known {
			t, err := r.named(ctx, name)
			if err != nil {
				return err
			}
			b = &batch{table: t, names: map[string]struct{}{}}
			open[name] = b
		}
		if b.table == nil || b.names == nil {
			return nil
		}
		if b.table.spaces[source] == nil || key == nil {
			// All of it, once.
			b.names, b.keys = nil, nil
			r.queue = append(r.queue, b.table)
			return nil
		}
		if len(key) != b.table.list.Keys {
			return fmt.Errorf("compare rows of %s: a key has %d values, not %d", name, len(key), b.table.list.Keys)
		}
		scratch = key.AppendBytes(scratch[:0])
		if _, twice := b.names[string(scratch)]; twice {
			return nil
		}
		b.names[string(scratch)] = struct{}{}
		b.keys = append(b.keys, key.Clone())
		if len(b.keys) < touchedBatch {
			return nil
		}
		open[name] = &batch{table: b.table, names: map[string]struct{}{}}
		return send(b)
	})
	if err != nil {
		return err
	}
	for _, b := range open {
		if b.table != nil && len(b.keys) > 0 {
			if err := send(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// named finds a table by its name. It is nil if its rows are not to be compared,
// or can not be.
func (r *run) named(ctx context.Context, name schema.Name) (*table, error) {
	if !r.wanted(name) {
		return nil, nil
	}
	d, err := r.definition(ctx, name)
	if err != nil {
		return nil, err
	}
	if d.defs[source] == nil && d.defs[target] == nil {
		if r.listed {
			r.skip(name, "neither side has such a table")
		}
		return nil, nil // dropped since
	}
	t, err := r.addTable(ctx, name, d)
	if t != nil {
		t.start()
	}
	return t, err
}

// definition looks at a table on both sides, unless it is known.
func (r *run) definition(ctx context.Context, name schema.Name) (*definition, error) {
	if r.kept != nil {
		r.kept.mu.Lock()
		d := r.kept.defs[name]
		r.kept.mu.Unlock()
		if d != nil {
			return d, nil
		}
	}
	d := &definition{}
	for i, db := range r.dbs {
		def, err := catalog.LoadTable(ctx, db, name)
		if err != nil && !errors.Is(err, catalog.ErrNoTable) {
			return nil, fmt.Errorf("look at %s on %s: %w", name, r.endpointName(i), err)
		}
		d.defs[i] = def
	}
	if d.defs[source] != nil {
		if err := r.size(ctx, d); err != nil {
			return nil, err
		}
	}
	if r.kept != nil {
		r.kept.mu.Lock()
		r.kept.defs[name] = d
		r.kept.mu.Unlock()
	}
	return d, nil
}

// lookBoth looks rows up on both sides at once.
func (w *worker) lookBoth(ctx context.Context, t *table, keys []chunk.Key) (rows [2][]image, err error) {
	err = w.retry(ctx, func() error {
		return w.ends.both(ctx, func(ctx context.Context, i int, s *side) (err error) {
			rows[i], err = t.lookUp(ctx, s, i, keys)
			return err
		})
	})
	return rows, err
}

// touched compares a batch.
func (w *worker) touched(ctx context.Context, b *batch) error {
	t := b.table
	began := time.Now()
	rows, err := w.lookBoth(ctx, t, b.keys)
	if refused(err) {
		t.stop("it can not be read: " + err.Error())
		return nil
	}
	if err != nil {
		return fmt.Errorf("compare rows of %s: %w", t.name, err)
	}
	var d [2]digest
	var differ []chunk.Key
	for n, key := range b.keys {
		for i := range rows {
			if rows[i][n].there {
				d[i].rows++
			}
		}
		if !rows[source][n].equal(rows[target][n]) {
			differ = append(differ, key)
		}
	}
	d[source].bytes = d[source].rows * t.rowBytes
	w.run.count(t, d)
	w.run.cfg.Logger.Debug("compared rows", "table", t.name.String(), "rows", len(b.keys), "differ", len(differ), "duration", time.Since(began))
	return w.run.settler.add(ctx, t, differ)
}
