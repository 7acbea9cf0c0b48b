package verify

import (
	"context"
	"fmt"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// Since compares the rows that transactions of the tables' owners have touched
// after those of a position, up to now. Where a table is being handed over both
// sides' count. A position names transactions of one server, or of both: tables
// whose owner has none of them are skipped, for it says nothing of their log.
func Since(ctx context.Context, cfg Config, logs Logs, from change.GTIDSet) (*Report, error) {
	r, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer r.close()
	now, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	err = r.work(ctx, func(ctx context.Context) error {
		return r.compareKeys(ctx, func(touched func(schema.Name, chunk.Key) error) error {
			for i := range now.at {
				if now.owners.leads(i) {
					if err := r.since(ctx, now, i, logs.of(i), from, touched); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return r.report(ctx, "since")
}

// since tells of the rows that one side's log has behind a position.
func (r *run) since(ctx context.Context, now *standing, side int, log Changes, from change.GTIDSet, touched func(schema.Name, chunk.Key) error) error {
	leads := func(name schema.Name) bool {
		led := now.of(r.groupOf(name))
		return r.wanted(name) && (led.side == side || !led.settled)
	}
	// What the other side alone has is not asked of this one; what neither has is,
	// and is refused.
	known := from.Subtract(now.at[1-side].Subtract(now.at[side]))
	if known.IsEmpty() && !from.IsEmpty() {
		tables, err := catalog.Load(ctx, r.dbs[side], leads)
		if err != nil {
			return fmt.Errorf("look at the tables of %s: %w", r.endpointName(side), err)
		}
		for _, t := range tables {
			r.skip(t.Name, "its owner has none of the transactions of the position: one of "+r.endpointName(side)+" is needed for it")
		}
		return nil
	}
	return log.Keys(ctx, known, now.at[side], func(name schema.Name, key chunk.Key) error {
		if !leads(name) {
			return nil
		}
		return touched(name, key)
	})
}
