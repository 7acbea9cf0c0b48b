package schemadiff

import (
	"context"

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
	if err := p.compareCounters(ctx); err != nil {
		return nil, err
	}
	p.compareDatabases()
	p.compareTables()
	if err := p.loadObjects(ctx); err != nil {
		return nil, err
	}
	if !c.WithoutAccounts {
		if err := p.loadAccounts(ctx); err != nil {
			return nil, err
		}
	}
	if err := p.compareObjects(ctx); err != nil {
		return nil, err
	}
	if !c.WithoutAccounts {
		if err := p.compareAccounts(ctx); err != nil {
			return nil, err
		}
	}
	order(p.found, depths(p.source.objects[View]))
	return p.found, ctx.Err()
}
