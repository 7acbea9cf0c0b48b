package schemadiff

import (
	"context"
	"maps"

	"golang.org/x/sync/errgroup"
)

// Run compares the two sides and returns what differs, in a stable order. An
// error means that a server could not be asked, or that ctx ended.
func Run(ctx context.Context, c Config) ([]Finding, error) {
	p := &pair{config: c}
	g, loading := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		p.source, err = loadSide(loading, "source", c)
		return err
	})
	g.Go(func() (err error) {
		p.target, err = loadSide(loading, "target", c)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	p.schemas = p.scope(c)
	pairs := []*pair{p}
	if turned := p.turn(); turned != nil {
		pairs = append(pairs, turned)
	}
	for _, q := range pairs {
		if err := q.compareCounters(ctx); err != nil {
			return nil, err
		}
		q.compareDatabases()
		q.compareTables()
	}
	if err := p.loadObjects(ctx); err != nil {
		return nil, err
	}
	if !c.WithoutAccounts {
		if err := p.loadAccounts(ctx); err != nil {
			return nil, err
		}
	}
	for _, q := range pairs {
		if err := q.compareObjects(ctx); err != nil {
			return nil, err
		}
	}
	if !c.WithoutAccounts {
		if err := p.compareAccounts(ctx); err != nil {
			return nil, err
		}
	}
	var found []Finding
	for _, q := range pairs {
		found = append(found, q.found...)
	}
	depth := depths(p.target.objects[View])
	maps.Copy(depth, depths(p.source.objects[View]))
	order(found, depth)
	return found, ctx.Err()
}
