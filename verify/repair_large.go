package verify

import (
	"context"
	"fmt"

	"tandem/internal/schema"
)

// unkept repairs the rows of a table that were too large, or too many, to be
// kept: each is read again on both sides, and is repaired as it is now. There is
// one of them in memory at a time. It returns how many are equal then.
func (p *repair) unkept(ctx context.Context, res *TableResult) (done int64, err error) {
	var todo []*Finding
	for i := range res.Findings {
		if f := &res.Findings[i]; f.large && f.key != nil && !f.Repaired && f.Class != Unresolved {
			todo = append(todo, f)
		}
	}
	if len(todo) == 0 || !findable(res.def) {
		return 0, nil
	}
	t, why, err := p.reload(ctx, schema.Name{Schema: res.Schema, Table: res.Table})
	if err != nil {
		return 0, err
	}
	w := &worker{run: p.run, ends: p.run.newEnds()}
	defer w.ends.close()
	now := *res
	now.def = t.defs[source]
	for _, f := range todo {
		if why != "" {
			f.Repair = "it can not be read again: " + why
			continue
		}
		if err := p.again(ctx, w, t, &now, f); err != nil {
			return done, err
		}
		if f.Repaired {
			done++
		}
	}
	return done, nil
}

// again reads the row of a finding and repairs it.
func (p *repair) again(ctx context.Context, w *worker, t *table, res *TableResult, f *Finding) error {
	read := Finding{Class: f.Class, Key: f.Key}
	for i, to := range []*schema.Row{&read.source, &read.target} {
		err := w.retry(ctx, func() error {
			row, err := t.row(ctx, w.ends[i], i, f.key)
			*to = t.whole(row)
			return err
		})
		if err != nil {
			return fmt.Errorf("read row %s on %s: %w", f.Key, p.run.endpointName(i), err)
		}
	}
	if (read.source == nil) == (read.target == nil) && read.source.Equal(read.target) {
		f.Repaired, f.Repair = true, ""
		return nil
	}
	m, why := mendOf(res, &read, p.dir)
	if why != "" {
		f.Repair = why
		return nil
	}
	m.finding = f
	if err := p.table(ctx, []mend{m}); err != nil {
		return err
	}
	return p.settle(ctx, w, t, []mend{m})
}
