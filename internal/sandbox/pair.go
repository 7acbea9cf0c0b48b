package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// Pair is a source and a target.
type Pair struct {
	Source *Server
	Target *Server
	// Dir holds both servers' directories.
	Dir     string
	scratch *scratch
}

// PairOptions say how a pair is started. Install, Dir, Name, Role, ServerID and
// Password of Source and Target are filled in if they are empty.
type PairOptions struct {
	// SourceVersion and TargetVersion are what to find when Source.Install or
	// Target.Install is empty. Default: Any.
	SourceVersion Version
	TargetVersion Version
	// Find is passed on to Find.
	Find []FindOption
	// Dir holds both servers. Default: a temporary directory that Close removes.
	Dir string
	// Source and Target are each server's own options.
	Source Options
	Target Options
	// Log receives what happens on both. Default: nowhere.
	Log *slog.Logger
}

// StartPair starts a source and a target side by side.
func StartPair(ctx context.Context, opts PairOptions) (*Pair, error) {
	return startPair(ctx, opts, false)
}

func startPair(ctx context.Context, opts PairOptions, detach bool) (_ *Pair, err error) {
	opts.Source.Role, opts.Target.Role = Source, Target
	opts.Source.Dir, opts.Target.Dir = "", ""
	if opts.Source.Install == (Install{}) {
		if opts.Source.Install, err = Find(ctx, opts.SourceVersion, opts.Find...); err != nil {
			return nil, err
		}
	}
	if opts.Target.Install == (Install{}) {
		if opts.Target.Install, err = Find(ctx, opts.TargetVersion, opts.Find...); err != nil {
			return nil, err
		}
	}
	if opts.Target.Install.AtLeast(9, 6, 0) && !opts.Source.Install.AtLeast(9, 6, 0) {
		// The binlog of such a source leaves the cascades of foreign keys to
		// InnoDB, which is Aurora's way, too.
		opts.Target.ExtraArgs = append([]string{"--innodb-native-foreign-keys=ON"}, opts.Target.ExtraArgs...)
	}
	pair := &Pair{Dir: opts.Dir}
	if pair.Dir == "" {
		if pair.scratch, err = newScratch("tandem-pair-", detach); err != nil {
			return nil, err
		}
		pair.Dir = pair.scratch.dir
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, side := range []struct {
		server **Server
		opts   Options
	}{{&pair.Source, opts.Source}, {&pair.Target, opts.Target}} {
		side.opts.Dir = filepath.Join(pair.Dir, string(side.opts.Role))
		side.opts.detach = detach
		if side.opts.Log == nil {
			side.opts.Log = opts.Log
		}
		group.Go(func() error {
			server, err := Start(groupCtx, side.opts)
			*side.server = server
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, pair.Close(context.WithoutCancel(ctx)))
	}
	return pair, nil
}

// Servers are those of the pair that are there, the source first.
func (p *Pair) Servers() []*Server {
	var servers []*Server
	for _, server := range []*Server{p.Source, p.Target} {
		if server != nil {
			servers = append(servers, server)
		}
	}
	return servers
}

// Stop shuts both servers down at once; their data stays.
func (p *Pair) Stop(ctx context.Context) error {
	return p.each(func(s *Server) error { return s.Stop(ctx) })
}

// Close stops both servers and removes the directory if it was made for them;
// then there is no orderly shutdown, as nobody will see the data.
func (p *Pair) Close(ctx context.Context) error {
	err := p.each(func(s *Server) error {
		if p.scratch == nil {
			return s.Close(ctx)
		}
		return errors.Join(s.Kill(), s.Close(ctx))
	})
	if p.scratch != nil {
		err = errors.Join(err, p.scratch.remove())
	}
	if err != nil {
		return fmt.Errorf("close the pair in %s: %w", p.Dir, err)
	}
	return nil
}

// each runs something on both servers at once.
func (p *Pair) each(do func(*Server) error) error {
	var group errgroup.Group
	for _, server := range p.Servers() {
		group.Go(func() error { return do(server) })
	}
	return group.Wait()
}
