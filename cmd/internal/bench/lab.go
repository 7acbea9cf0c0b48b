package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"tandem/internal/change"
	"tandem/internal/sandbox"
)

// lab starts the servers of a run, all with the same settings.
type lab struct {
	opts    Options
	install sandbox.Install
	// password is that of all servers: data directories move between them.
	password string
	// dir takes dumps and the folders that tandem runs in.
	dir string
	// say tells a person what is going on.
	say func(format string, args ...any)
}

func newLab(ctx context.Context, opts Options, say func(string, ...any)) (*lab, error) {
	install, err := sandbox.Find(ctx, sandbox.Any)
	if err != nil {
		return nil, err
	}
	if install.Mysqld == "" {
		return nil, fmt.Errorf("%s runs in a container, and data directories must be copied: run 'make mysql', or set TANDEM_MYSQLD", install)
	}
	raw := make([]byte, 12)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("make a password: %w", err)
	}
	dir, err := os.MkdirTemp("", "tandem-bench-")
	if err != nil {
		return nil, err
	}
	return &lab{opts: opts, install: install, password: hex.EncodeToString(raw), dir: dir, say: say}, nil
}

func (l *lab) close() error { return os.RemoveAll(l.dir) }

// serverArgs are the settings that all servers share, besides durability.
func (l *lab) serverArgs() []string {
	return []string{"--innodb-redo-log-capacity=2G", "--skip-replica-start"}
}

func (l *lab) options(role sandbox.Role, durable bool, args []string) sandbox.Options {
	return sandbox.Options{
		Install: l.install, Role: role, Password: l.password, Durable: durable,
		BufferPoolMB: l.opts.BufferPoolMB, ExtraArgs: append(l.serverArgs(), args...),
	}
}

// source starts an empty server that is read from. Its own durability makes no
// difference to who reads its binlog, and would only make loading slow.
func (l *lab) source(ctx context.Context, durable bool) (*sandbox.Server, error) {
	return sandbox.Start(ctx, l.options(sandbox.Source, durable, nil))
}

// target starts an empty server that is written to.
func (l *lab) target(ctx context.Context) (*sandbox.Server, error) {
	return sandbox.Start(ctx, l.options(sandbox.Target, l.opts.durable(), nil))
}

// restore starts a server on a copy of the data directory of another, which
// must have been stopped.
func (l *lab) restore(ctx context.Context, from *sandbox.Server, durable bool, args ...string) (_ *sandbox.Server, err error) {
	server, err := sandbox.Start(ctx, l.options(from.Role(), durable, args))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, server.Close(context.WithoutCancel(ctx)))
		}
	}()
	if err := server.Kill(); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(server.DataDir()); err != nil {
		return nil, err
	}
	if err := os.CopyFS(server.DataDir(), os.DirFS(from.DataDir())); err != nil {
		return nil, fmt.Errorf("restore the %s: %w", from.Role(), err)
	}
	if err := server.Restart(ctx); err != nil {
		return nil, err
	}
	return server, nil
}

// pair is what a contender works with: copies of a source and a target that
// were stopped.
type pair struct{ source, target *sandbox.Server }

// restorePair restores both sides. What tandem keeps on a source fits to one
// target only, so the source is a fresh one for every contender, too.
func (l *lab) restorePair(ctx context.Context, from pair, sourceDurable bool, args []string) (_ pair, err error) {
	var p pair
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { p.source, err = l.restore(groupCtx, from.source, sourceDurable); return err })
	group.Go(func() (err error) {
		p.target, err = l.restore(groupCtx, from.target, l.opts.durable(), args...)
		return err
	})
	if err := group.Wait(); err != nil {
		return p, errors.Join(err, p.close(ctx))
	}
	return p, nil
}

func (p pair) close(ctx context.Context) error {
	var errs []error
	for _, server := range []*sandbox.Server{p.source, p.target} {
		if server != nil {
			errs = append(errs, server.Close(context.WithoutCancel(ctx)))
		}
	}
	return errors.Join(errs...)
}

// settle brings a server to the state in which every contender starts: tables
// in memory, nothing left to be written to the disk.
func (l *lab) settle(ctx context.Context, server *sandbox.Server) error {
	db, err := server.RootDB()
	if err != nil {
		return err
	}
	tables, err := column[string](ctx, db, "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?", database)
	if err != nil {
		return err
	}
	for _, table := range tables {
		var n int64
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table+" FORCE INDEX (PRIMARY)").Scan(&n); err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
	}
	flushDisks()
	return nil
}

// executed is the server's own position.
func executed(ctx context.Context, server *sandbox.Server) (change.GTIDSet, error) {
	db, err := server.RootDB()
	if err != nil {
		return change.GTIDSet{}, err
	}
	text, err := column[string](ctx, db, "SELECT @@GLOBAL.gtid_executed")
	if err != nil {
		return change.GTIDSet{}, err
	}
	return change.ParseGTIDSet(strings.ReplaceAll(text[0], "\n", ""))
}

// binlogBytes is the size of all binlogs of a server.
func binlogBytes(server *sandbox.Server) (int64, error) {
	names, err := filepath.Glob(filepath.Join(server.DataDir(), "binlog.[0-9]*"))
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		sum += info.Size()
	}
	return sum, nil
}
