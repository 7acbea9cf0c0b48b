package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The embedded script runs, says what it does, and its failure reaches the
// caller. It is made to fail by taking away what it needs: nothing is
// downloaded.
func TestFetchFailsWithItsReason(t *testing.T) {
	bash, err := lookBash()
	if err != nil {
		t.Skip("skipped: there is no bash")
	}
	bin := t.TempDir()
	for name, program := range bash {
		if err := os.Symlink(program, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv("TANDEM_CACHE", t.TempDir())
	t.Setenv("TANDEM_MYSQLD", "")
	var said []string
	_, err = fetch(t.Context(), Any, func(line string) { said = append(said, line) })
	if err == nil || !strings.Contains(err.Error(), "not a Debian-like machine") || !strings.Contains(err.Error(), "TANDEM_MYSQLD") {
		t.Fatalf("the error does not help: %v", err)
	}
	if len(said) == 0 {
		t.Error("nothing was said meanwhile")
	}
	_, err = Find(t.Context(), Any, AllowFetch(), notInstalled)
	if err == nil || !strings.Contains(err.Error(), "fetching failed") {
		t.Errorf("Find does not say that fetching failed: %v", err)
	}
}

func lookBash() (map[string]string, error) {
	programs := map[string]string{}
	for name, candidates := range map[string][]string{"bash": {"/bin/bash", "/usr/bin/bash"}, "mkdir": {"/bin/mkdir", "/usr/bin/mkdir"}} {
		for _, candidate := range candidates {
			if _, err := os.Stat(candidate); err == nil {
				programs[name] = candidate
				break
			}
		}
		if programs[name] == "" {
			return nil, os.ErrNotExist
		}
	}
	return programs, nil
}
