package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoServer says that no MySQL server was found. The error that wraps it says
// where was looked and what to do.
var ErrNoServer = errors.New("no MySQL server found")

// FindOption changes where Find looks.
type FindOption func(*finder)

// AllowFetch lets Find download a server when the machine has none. The script
// it runs writes to the cache directory only.
func AllowFetch() FindOption { return func(f *finder) { f.fetch = true } }

// FetchProgress gets what a download has to say while it runs, a line at a time.
func FetchProgress(line func(string)) FindOption { return func(f *finder) { f.progress = line } }

type finder struct {
	fetch    bool
	progress func(string)
	// debian is where Debian installs mysqld, which is not on everybody's PATH.
	debian string
	tried  []string
}

// source is one place where a server may come from. ok is false when there is
// nothing there; an error is for what is there but cannot be used.
type source func(ctx context.Context, want Version) (install Install, ok bool, err error)

// Find returns an installation of the wanted version: from the environment, the
// PATH, the cache, fetched now if allowed, or Docker, in this order.
func Find(ctx context.Context, want Version, opts ...FindOption) (Install, error) {
	f := &finder{debian: "/usr/sbin/mysqld"}
	for _, opt := range opts {
		opt(f)
	}
	for _, from := range []source{f.fromEnv, f.fromPath, f.fromCache, f.fromFetch, f.fromDocker} {
		install, ok, err := from(ctx, want)
		if err != nil {
			return Install{}, fmt.Errorf("find MySQL %s: %w", want, err)
		}
		if ok {
			return install, nil
		}
	}
	return Install{}, fmt.Errorf("%w: MySQL %s: %s; set %s to the path of a mysqld, or run 'make %s' (Debian), or start Docker",
		ErrNoServer, want, strings.Join(f.tried, ", "), envVariable(want), makeTarget(want))
}

func (f *finder) note(format string, args ...any) {
	f.tried = append(f.tried, fmt.Sprintf(format, args...))
}

// fromEnv uses what the user named. It must fit: falling back to another server
// than the one asked for would be a surprise.
func (f *finder) fromEnv(ctx context.Context, want Version) (Install, bool, error) {
	variable := envVariable(want)
	path := os.Getenv(variable)
	if path == "" {
		f.note("%s is not set", variable)
		return Install{}, false, nil
	}
	install, err := inspect(ctx, path, "env")
	if err != nil {
		return Install{}, false, fmt.Errorf("%s: %w", variable, err)
	}
	if !install.Is(want) {
		return Install{}, false, fmt.Errorf("%s=%s is MySQL %s, wanted is %s", variable, path, install.Number(), want)
	}
	return install, true, nil
}

// fromPath uses mysqld on PATH if it is MySQL of the wanted version.
func (f *finder) fromPath(ctx context.Context, want Version) (Install, bool, error) {
	path, err := exec.LookPath("mysqld")
	if err != nil {
		path = f.debian
		if _, err := os.Stat(path); err != nil {
			f.note("no mysqld on PATH")
			return Install{}, false, nil
		}
	}
	install, err := inspect(ctx, path, "path")
	switch {
	case err != nil:
		f.note("mysqld on PATH: %v", err)
		return Install{}, false, nil
	case !install.Is(want):
		f.note("mysqld on PATH is MySQL %s", install.Number())
		return Install{}, false, nil
	}
	return install, true, nil
}

// fromCache uses what was fetched before.
func (f *finder) fromCache(ctx context.Context, want Version) (Install, bool, error) {
	cache, err := CacheDir()
	if err != nil {
		return Install{}, false, err
	}
	path := filepath.Join(cache, cacheFolder(want), "bin", "mysqld")
	if _, err := os.Stat(path); err != nil {
		f.note("nothing fetched in %s", cache)
		return Install{}, false, nil
	}
	install, err := inspect(ctx, path, "cache")
	if err != nil {
		f.note("the fetched server does not run: %v", err)
		return Install{}, false, nil
	}
	if !install.Is(want) {
		f.note("fetched is MySQL %s", install.Number())
		return Install{}, false, nil
	}
	return install, true, nil
}

// fromFetch downloads a server, when the caller allows it.
func (f *finder) fromFetch(ctx context.Context, want Version) (Install, bool, error) {
	if !f.fetch || (want != Any && want != V56) {
		return Install{}, false, nil
	}
	path, err := fetch(ctx, want, f.progress)
	if err != nil {
		f.note("fetching failed: %v", err)
		return Install{}, false, nil
	}
	install, err := inspect(ctx, path, "fetched")
	if err != nil || !install.Is(want) {
		f.note("what was fetched cannot be used (%s, %v)", install.Number(), err)
		return Install{}, false, nil
	}
	return install, true, nil
}

// fromDocker uses a Docker engine, when one answers.
func (f *finder) fromDocker(ctx context.Context, want Version) (Install, bool, error) {
	install, err := inspectDocker(ctx, want)
	if err != nil {
		f.note("Docker: %v", err)
		return Install{}, false, nil
	}
	return install, true, nil
}

func envVariable(want Version) string {
	if want == V56 {
		return "TANDEM_MYSQLD56"
	}
	return "TANDEM_MYSQLD"
}

func cacheFolder(want Version) string {
	if want == V56 {
		return "mysql56"
	}
	return "mysql"
}

func makeTarget(want Version) string { return cacheFolder(want) }

// CacheDir is where fetched servers and template data directories are kept:
// $TANDEM_CACHE, else $XDG_CACHE_HOME/tandem, else ~/.cache/tandem.
func CacheDir() (string, error) {
	if dir := os.Getenv("TANDEM_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "tandem"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w; set TANDEM_CACHE", err)
	}
	return filepath.Join(home, ".cache", "tandem"), nil
}
