package cli

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// linkEngine is the engine over package replicate.
type linkEngine struct {
	tune   func(*replicate.Config)
	clouds *clouds
}

func (e linkEngine) replicate(ctx context.Context, r replicateRequest) error {
	cfg, err := linkConfig(r.config, e.clouds)
	if err != nil {
		return err
	}
	cfg.UntilCaughtUp, cfg.Logger = r.untilCaughtUp, r.log
	newTurns(r.config, r.log).install(&cfg)
	if err := os.MkdirAll(cfg.SpoolDir, 0o700); err != nil {
		return err
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		// What is held is bounded everywhere; this makes the collector follow it
		// closely once rows are tens of megabytes.
		debug.SetMemoryLimit(memoryLimit)
	}
	if e.tune != nil {
		e.tune(&cfg)
	}
	pair := replicate.NewPair(cfg)
	g, gctx := errgroup.WithContext(ctx)
	errDone := errors.New("done")
	g.Go(func() error {
		if err := pair.Run(gctx); err != nil {
			return err
		}
		return errDone
	})
	if r.config.Replicate.Validate && !r.untilCaughtUp {
		v := &validator{cfg: cfg, pair: pair, log: r.log}
		g.Go(func() error {
			v.run(gctx)
			return nil
		})
	}
	g.Go(func() error { return fences(gctx, cfg, planClouds{e.clouds, r.config}, r.log) })
	g.Go(func() error {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-gctx.Done():
				return nil
			case <-tick.C:
				r.progress(view(pair.Status()...))
			}
		}
	})
	if err := g.Wait(); !errors.Is(err, errDone) {
		return err
	}
	r.progress(view(pair.Status()...))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// memoryLimit is the heap at which the garbage collector works harder.
const memoryLimit = 128 << 20

// progressEvery is how often the screen hears of the link.
const progressEvery = 250 * time.Millisecond

func (e linkEngine) status(ctx context.Context, c *config.Config) (ui.Status, error) {
	cfg, err := linkConfig(c, e.clouds)
	if err != nil {
		return ui.Status{}, err
	}
	forward, err := replicate.ReadStatus(ctx, cfg)
	if err != nil {
		return statusWithoutTarget(ctx, c, cfg, err)
	}
	verified := viewVerified(ctx, cfg)
	reverse, err := replicate.ReadStatus(ctx, cfg.Opposite())
	if err != nil {
		// What the forward link knows is worth showing without the source.
		v := view(forward)
		v.Verified = verified
		v.Groups = viewGroups(ctx, c, cfg, forward, reverse)
		return v, err
	}
	v := view(forward, reverse)
	v.Verified = verified
	v.Groups = viewGroups(ctx, c, cfg, forward, reverse)
	return v, nil
}

// statusWithoutTarget is what the source knows while the target can not be reached.
func statusWithoutTarget(ctx context.Context, c *config.Config, cfg replicate.Config, why error) (ui.Status, error) {
	reverse, err := replicate.ReadStatus(ctx, cfg.Opposite())
	if err != nil || reverse.State == replicate.NotStarted {
		return ui.Status{}, why // nothing is known at all
	}
	forward := replicate.Status{
		Migration: cfg.Migration, Link: replicate.Forward, State: replicate.Failed, Error: why.Error(), At: reverse.At,
		Source: reverse.Target, Target: replicate.Server{Address: cfg.Target.Addr},
		Lag: replicate.Lag{Seconds: -1, Transactions: -1},
	}
	v := view(forward, reverse)
	v.Target.Error = why.Error()
	v.Groups = viewGroups(ctx, c, cfg, forward, reverse)
	if reverse.Daemon.Running {
		v.Next = []ui.Next{{Command: "tandem status", Why: "look again: the replicator that runs connects by itself once the target is back"}}
	}
	if slices.ContainsFunc(v.Groups, func(g ui.Group) bool { return g.Owner != string(ownership.Source) }) {
		v.Next = []ui.Next{
			{Command: "tandem rollback", Why: "if the target stays away: lets applications write on the source again, and says first what would be missing"},
		}
	}
	return v, why
}

// linkConfig turns the file into what a link works with.
func linkConfig(c *config.Config, servers *clouds) (replicate.Config, error) {
	source, err := servers.endpoint("source", c.Source.Endpoint)
	if err != nil {
		return replicate.Config{}, err
	}
	target, err := servers.endpoint("target", c.Target)
	if err != nil {
		return replicate.Config{}, err
	}
	if c.Source.ReadFrom != nil {
		return replicate.Config{}, &config.NotBuilt{
			What: "reading the copy from a replica", Key: "source.read_from",
			Instead: "leave read_from out: the copy reads the source, in small pieces and without locks",
		}
	}
	filter := c.Tables.Filter()
	return replicate.Config{
		Migration: c.Migration, Direction: replicate.Forward,
		Source: source, Target: target,
		Tables:   func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) },
		Schemas:  filter.MatchDatabase,
		Groups:   slices.Sorted(maps.Keys(c.Groups)),
		GroupOf:  func(n schema.Name) string { return c.Groups.Of(n.Schema, n.Table) },
		ServerID: serverID(c),
		Workers:  c.Replicate.Copy.Workers, ChunkBytes: int64(c.Replicate.Copy.ChunkBytes),
		Throttle: throttleLimits(&c.Replicate.Throttle),
		SpoolDir: string(c.Replicate.Spool.Dir), SpoolMemory: int64(c.Replicate.Spool.Memory),
		OnStatement: applier.Policy(c.Replicate.OnDDL), OnConflict: applier.Policy(c.Replicate.OnConflict),
		Logger: slog.New(slog.DiscardHandler),
	}, nil
}

// serverID is what the link calls itself among the source's replicas. It must
// differ from theirs, so it is large where nobody has chosen one.
func serverID(c *config.Config) uint32 {
	if c.Replicate.ServerID != 0 {
		return c.Replicate.ServerID
	}
	h := fnv.New32a()
	h.Write([]byte("tandem " + c.Migration))
	return h.Sum32() | 1<<31
}
