package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tandem/scripts"
)

// fetch runs the embedded script that downloads a server into the cache, and
// returns the path of its mysqld. Two fetches at once wait for each other.
func fetch(ctx context.Context, want Version, progress func(string)) (string, error) {
	dir, err := os.MkdirTemp("", "tandem-fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := unpackScripts(dir); err != nil {
		return "", fmt.Errorf("unpack the fetch scripts: %w", err)
	}
	cmd := exec.CommandContext(ctx, "bash", filepath.Join(dir, "fetch-"+cacheFolder(want)+".sh"))
	var stdout, said bytes.Buffer
	cmd.Stdout = &stdout
	// Asked to end, the script finishes the program it runs and cleans up.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if progress != nil {
			progress(lines.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		return "", fmt.Errorf("%w: %s", err, lastLines(said.String(), 5))
	}
	return strings.TrimSpace(lastLines(stdout.String(), 1)), nil
}

func unpackScripts(dir string) error {
	entries, err := fs.ReadDir(scripts.FS, ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		body, err := fs.ReadFile(scripts.FS, entry.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, entry.Name()), body, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// lastLines is the end of a text, for error messages.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
