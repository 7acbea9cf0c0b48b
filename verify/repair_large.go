package verify

import (
	"context"
	"fmt"

	"tandem/internal/schema"
)

// large repairs a row that was too large to be kept: it is read again on both
// sides, and is repaired as it is now. There is one such row in memory at a time.
func (p *repair) large(ctx context.Context, res *TableResult, f *Finding) error {
	t, why, err := p.reload(ctx, schema.Name{Schema: res.Schema, Table: res.Table})
	if err != nil {
		return err
	}
	if why != "" {
		f.Repair = "it can not be read again: " + why
		return nil
	}
	w := &worker{run: p.run, ends: p.run.newEnds()}
	defer w.ends.close()
	again := Finding{Class: f.Class, Key: f.Key}
	for i, to := range []*schema.Row{&again.source, &again.target} {
		err := w.retry(ctx, func() error {
			row, err := t.row(ctx, w.ends[i], i, f.key)
			*to = t.whole(row)
			return err
		})
		if err != nil {
			return fmt.Errorf("read row %s on %s: %w", f.Key, p.run.endpointName(i), err)
		}
	}
	switch {
	case again.source == nil && again.target == nil, again.source != nil && again.target != nil && again.source.Equal(again.target):
		f.Repaired, f.Repair = true, ""
		return nil
	}
	now := *res
	now.def = t.defs[source]
	m, why := mendOf(&now, &again, p.dir)
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
