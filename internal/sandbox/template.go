package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// templateFormat is part of a template's name: raise it when what goes into a
// template changes.
const templateFormat = 1

// template returns an initialised data directory of an installation, made at
// first use and kept in the cache. It must only be copied. Several processes
// may come here at once: one makes it, the others wait.
func template(ctx context.Context, install Install) (string, error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(install.Mysqld)
	if err != nil {
		return "", err
	}
	// A server that is replaced at the same path gets a template of its own.
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%d\n%d\n", templateFormat, install.Mysqld, install.Number(), info.Size(), info.ModTime().UnixNano()))
	root := filepath.Join(cache, "templates")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", err
	}
	dir := filepath.Join(root, install.Number()+"-"+hex.EncodeToString(sum[:6]))
	lock := flock.New(dir + ".lock")
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return "", fmt.Errorf("wait for the template data directory %s: %w", dir, err)
	}
	defer lock.Unlock()
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	tmp, err := os.MkdirTemp(root, ".making-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	data := filepath.Join(tmp, "data")
	if err := initialise(ctx, install, data); err != nil {
		return "", fmt.Errorf("initialise a data directory with %s: %w", install.Mysqld, err)
	}
	// The server's identity: each copy makes its own.
	if err := os.Remove(filepath.Join(data, "auto.cnf")); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if err := os.Rename(data, dir); err != nil {
		return "", err
	}
	return dir, nil
}

// initialise fills an empty data directory with the system tables, and a root
// without password who can only come through the socket.
func initialise(ctx context.Context, install Install, data string) error {
	if !install.AtLeast(5, 7, 6) {
		return readyMade(install, data)
	}
	args := append([]string{"--no-defaults", "--initialize-insecure", "--datadir=" + data}, userArgs()...)
	out, err := exec.CommandContext(ctx, install.Mysqld, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, lastLines(string(out), 5))
	}
	return nil
}

// readyMade takes the data directory that comes with a packaged 5.6: that
// version cannot initialise one by itself.
func readyMade(install Install, data string) error {
	bin := filepath.Dir(install.Mysqld)
	candidates := []string{
		filepath.Join(bin, "data", "mysql"),
		filepath.Join(bin, "..", "server", "data", "mysql"),
		filepath.Join(bin, "..", "data", "mysql"),
	}
	for _, from := range candidates {
		if info, err := os.Stat(filepath.Join(from, "mysql")); err == nil && info.IsDir() {
			return copyTree(data, from)
		}
	}
	return fmt.Errorf("MySQL %s cannot initialise a data directory by itself, and none is beside it: 'make mysql56' fetches one that has it", install.Number())
}
