package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// maker makes tables on the target.
type maker struct {
	source, target *sql.DB
	version        mysqldb.Version // of the target
	all            []*schema.Table // of the source
	deferring      Deferring
	rows           map[schema.Name]int64 // where something may be deferred
}

func newMaker(ctx context.Context, source, target *sql.DB, all []*schema.Table, d Deferring) (m *maker, err error) {
	m = &maker{source: source, target: target, all: all, deferring: d}
	if m.version, err = versionOf(ctx, target); err != nil {
		return nil, err
	}
	if d.Keep != nil {
		m.rows, err = sizes(ctx, source, all)
	}
	return m, err
}

// create makes tables, a few at once.
func (m *maker) create(ctx context.Context, tables []*schema.Table, r *Report) error {
	var mu sync.Mutex // guards r
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(creators)
	for _, t := range tables {
		g.Go(func() error {
			c := creator{maker: m, table: t}
			changes, err := c.create(ctx)
			if err != nil {
				return fmt.Errorf("create table %s on the target: %w", t.Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			r.Created = append(r.Created, t.Name)
			if len(c.deferral.Indexes) > 0 {
				r.Deferred = append(r.Deferred, c.deferral)
			}
			for _, change := range changes {
				r.Changes = append(r.Changes, Remark{t.Name, change})
			}
			return nil
		})
	}
	err := g.Wait()
	byName := func(a, b schema.Name) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(r.Created, byName)
	slices.SortFunc(r.Deferred, func(a, b Deferral) int { return byName(a.Table, b.Table) })
	slices.SortStableFunc(r.Changes, func(a, b Remark) int { return byName(a.Table, b.Table) })
	return err
}

// deferAgain looks at tables that an earlier attempt, which was interrupted, has
// made without some indexes.
func (m *maker) deferAgain(ctx context.Context, there map[schema.Name]*schema.Table, r *Report) error {
	if m.deferring.Kept == nil {
		return nil
	}
	for _, t := range m.all {
		if there[t.Name] == nil || !m.deferring.Kept(t.Name) {
			continue
		}
		c := creator{maker: m, table: t}
		if err := c.again(ctx, there[t.Name]); err != nil {
			return fmt.Errorf("look at the indexes of %s: %w", t.Name, err)
		}
		if len(c.deferral.Indexes) > 0 {
			r.Deferred = append(r.Deferred, c.deferral)
		}
	}
	return nil
}
