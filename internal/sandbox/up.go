package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// UpOptions say what Up starts.
type UpOptions struct {
	PairOptions
	// Migration is the name in the written tandem.yaml. Default: courier.
	Migration string
	// Tables are the included tables in the written tandem.yaml. Default:
	// courier.*
	Tables []string
}

// Up starts a pair in opts.Dir that outlives this process, and writes what is
// needed to use it: sandbox.json, tandem.yaml and a password file a side. Where
// a pair is there already, Up starts whichever of its servers does not run and
// changes nothing else. Down takes everything away again.
func Up(ctx context.Context, opts UpOptions) (*Pair, error) {
	if opts.Dir == "" {
		return nil, errors.New("bring a sandbox up: no directory given")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, err
	}
	opts.Dir = dir
	unlock, err := lockDir(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("bring a sandbox up in %s: %w", dir, err)
	}
	defer unlock()
	pair, err := Open(dir)
	switch {
	case err == nil:
		err = resume(ctx, pair, opts)
	case errors.Is(err, ErrNoSandbox):
		pair, err = create(ctx, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("bring a sandbox up in %s: %w", dir, err)
	}
	return pair, nil
}

// resume starts what does not run of a pair that is there.
func resume(ctx context.Context, pair *Pair, opts UpOptions) error {
	for _, side := range []struct {
		server *Server
		want   Version
	}{{pair.Source, opts.SourceVersion}, {pair.Target, opts.TargetVersion}} {
		if side.want != Any && !side.server.Install().Is(side.want) {
			return fmt.Errorf("the %s server there is MySQL %s, wanted is %s: 'tandem sandbox down' first, or use another directory",
				side.server.Name(), side.server.Install().Number(), side.want)
		}
	}
	return pair.each(func(s *Server) error {
		if s.Running() {
			return nil
		}
		return s.Restart(ctx)
	})
}

// create starts a new pair. When it fails, it leaves nothing behind.
func create(ctx context.Context, opts UpOptions) (_ *Pair, err error) {
	for _, name := range []string{string(Source), string(Target), ConfigFile} {
		if _, err := os.Stat(filepath.Join(opts.Dir, name)); err == nil {
			return nil, fmt.Errorf("%s is there already, and no %s: 'tandem sandbox down' removes what a broken start left, otherwise use an empty directory",
				filepath.Join(opts.Dir, name), StateFile)
		}
	}
	pair, err := startPair(ctx, opts.PairOptions, true)
	defer func() {
		if err != nil {
			err = errors.Join(err, removeSandbox(context.WithoutCancel(ctx), opts.Dir, pair, state{}))
		}
	}()
	if err != nil {
		return nil, err
	}
	st := state{Version: stateVersion, Started: time.Now().UTC(), Source: pair.Source.state(), Target: pair.Target.state()}
	if st.Config, err = writeConfig(pair, opts); err != nil {
		return nil, fmt.Errorf("write %s: %w", ConfigFile, err)
	}
	return pair, st.write(opts.Dir)
}

// Open finds the pair of a directory, running or not.
func Open(dir string) (*Pair, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	st, err := readState(dir)
	if err != nil {
		return nil, err
	}
	pair := &Pair{Dir: dir}
	if pair.Source, err = st.Source.server(dir); err != nil {
		return nil, err
	}
	pair.Target, err = st.Target.server(dir)
	return pair, err
}

// Down stops the pair of a directory and removes everything that Up made there.
// A tandem.yaml that was changed since stays.
func Down(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("take the sandbox down: %w: %s does not exist", ErrNoSandbox, dir)
	}
	unlock, err := lockDir(ctx, dir)
	if err != nil {
		return fmt.Errorf("take the sandbox in %s down: %w", dir, err)
	}
	defer unlock()
	st, stateErr := readState(dir)
	if stateErr != nil && !(errors.Is(stateErr, ErrNoSandbox) && brokenStart(dir)) {
		return fmt.Errorf("take the sandbox down: %w", stateErr)
	}
	var pair *Pair
	if stateErr == nil {
		if pair, err = Open(dir); err != nil {
			return fmt.Errorf("take the sandbox in %s down: %w", dir, err)
		}
	}
	if err := removeSandbox(ctx, dir, pair, st); err != nil {
		return fmt.Errorf("take the sandbox in %s down: %w", dir, err)
	}
	return nil
}

// brokenStart reports whether a directory holds servers' directories of ours
// without a state file, as when up was killed half way.
func brokenStart(dir string) bool {
	for _, role := range []Role{Source, Target} {
		p := placeAt(filepath.Join(dir, string(role)))
		if _, err := os.Stat(p.tmp); err == nil {
			if _, err := os.Stat(p.data); err == nil {
				return true
			}
		}
	}
	return false
}

// removeSandbox ends the servers, those of a start that broke off included, and
// removes the files.
func removeSandbox(ctx context.Context, dir string, pair *Pair, st state) error {
	var errs []error
	if pair != nil {
		// What is removed needs no orderly shutdown.
		errs = append(errs, pair.each((*Server).Kill), pair.Close(ctx))
	}
	for _, role := range []Role{Source, Target} {
		place := placeAt(filepath.Join(dir, string(role)))
		if stray, ok := adopt(place); ok {
			errs = append(errs, stray.kill())
		}
		errs = append(errs, os.RemoveAll(place.dir), removeIfThere(filepath.Join(dir, passwordFile(role))))
	}
	if config := filepath.Join(dir, ConfigFile); st.Config == "" || fileSum(config) == st.Config {
		if st.Config != "" {
			errs = append(errs, removeIfThere(config))
		}
	}
	errs = append(errs, removeIfThere(filepath.Join(dir, StateFile)))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	_ = removeIfThere(filepath.Join(dir, lockName))
	_ = os.Remove(dir) // only if it is empty now
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

const lockName = ".lock"

// lockDir makes Up and Down in one directory wait for each other.
func lockDir(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, lockName))
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return nil, fmt.Errorf("wait for another tandem at work there: %w", err)
	}
	return func() { _ = lock.Unlock() }, nil
}
