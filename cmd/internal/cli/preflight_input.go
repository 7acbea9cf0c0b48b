package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"tandem/internal/change"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/preflight"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// preflightConnections is what tandem holds on a side beside the workers of the
// copy: lanes, pools, and what watches.
const preflightConnections = 24

// preflightRun connects to both sides, asks their clouds, and makes the checks.
func preflightRun(ctx context.Context, a *app, cfg *config.Config, only []preflight.Check) ([]preflight.Finding, error) {
	filter := cfg.Tables.Filter()
	in := preflight.Input{
		Tables:      func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) },
		Only:        func(c preflight.Check) bool { return slices.Contains(only, c) },
		ServerID:    serverID(cfg),
		Connections: preflightConnections + cfg.Replicate.Copy.Workers,
		SourcePath:  preflightPath(cfg.Source.Endpoint), TargetPath: preflightPath(cfg.Target),
	}
	var ends [2]mysqldb.Endpoint
	g, gctx := errgroup.WithContext(ctx)
	for i, side := range []string{"source", "target"} {
		g.Go(func() error {
			from, db, facts, cloud := cfg.Source.Endpoint, &in.Source, &in.SourceFacts, &in.SourceCloud
			if side == "target" {
				from, db, facts, cloud = cfg.Target, &in.Target, &in.TargetFacts, &in.TargetCloud
			}
			e, err := a.clouds.endpoint(side, from)
			if err != nil {
				return err
			}
			ends[i] = e
			pool, err := mysqldb.Open(gctx, e, mysqldb.Options{})
			if err != nil {
				return err
			}
			*db = pool
			if *facts, err = mysqldb.LoadFacts(gctx, pool); err != nil {
				return fmt.Errorf("look at the %s: %w", side, err)
			}
			*cloud = a.clouds.preflight(gctx, from)
			return nil
		})
	}
	err := g.Wait()
	dbs := [2]*sql.DB{in.Source, in.Target}
	defer func() {
		for _, db := range dbs {
			if db != nil {
				_ = db.Close() // it was only read from
			}
		}
	}()
	if err != nil {
		return nil, err
	}
	if in.HandedOver, err = targetOwns(ctx, a.log, dbs, cfg.Migration, func(n schema.Name) string { return cfg.Groups.Of(n.Schema, n.Table) }); err != nil {
		return nil, err
	}
	if err := preflightPositions(ctx, cfg, dbs, &in); err != nil {
		return nil, err
	}
	in.Stream = (&streamProbe{cfg: cfg, ends: ends, dbs: dbs, from: [2]*change.GTIDSet{in.Resume, in.ResumeBack}}).open
	return preflight.Run(ctx, in)
}

// preflightPositions reads where the links go on, if they have begun.
func preflightPositions(ctx context.Context, cfg *config.Config, dbs [2]*sql.DB, in *preflight.Input) error {
	forward := replicate.Config{Migration: cfg.Migration, Direction: replicate.Forward}
	reverse := forward.Opposite()
	for _, link := range []struct {
		name string
		db   *sql.DB
		to   **change.GTIDSet
	}{{forward.Name(), dbs[1], &in.Resume}, {reverse.Name(), dbs[0], &in.ResumeBack}} {
		at, err := applier.LoadCheckpoint(ctx, link.db, link.name)
		switch {
		case errors.Is(err, applier.ErrNoCheckpoint), mysqldb.IsNoSuchTable(err), mysqldb.IsAccessDenied(err):
			continue // it has not begun, as far as one may see
		case err != nil:
			return err
		}
		*link.to = &at.Position
	}
	return nil
}

func preflightPath(e config.Endpoint) preflight.Path {
	p := preflight.Path{Host: e.Host, Local: e.Local(), Tunnel: e.CloudSQL != nil, Unverified: e.TLS.Mode == config.TLSRequire}
	if e.Aurora != nil && e.Aurora.Cluster == "" {
		p.Host = e.Aurora.Endpoint
	}
	return p
}
