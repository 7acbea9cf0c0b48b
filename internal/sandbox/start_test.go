package sandbox_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// Several first uses at once share one template data directory, and each server
// has an identity of its own.
func TestFirstUseByManyAtOnce(t *testing.T) {
	install := sandboxtest.Install(t, sandbox.Any)
	cache := t.TempDir()
	t.Setenv("TANDEM_CACHE", cache)
	servers := make([]*sandbox.Server, 3)
	var group errgroup.Group
	for n := range servers {
		group.Go(func() (err error) {
			servers[n], err = sandbox.Start(t.Context(), sandbox.Options{Install: install})
			return err
		})
	}
	err := group.Wait()
	seen := map[string]bool{}
	for _, server := range servers {
		if server == nil {
			continue
		}
		defer server.Close(context.Background())
		db, err := server.RootDB()
		if err != nil {
			t.Fatal(err)
		}
		var uuid string
		if err := db.QueryRowContext(t.Context(), "SELECT @@server_uuid").Scan(&uuid); err != nil {
			t.Fatal(err)
		}
		seen[uuid] = true
		defer server.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != len(servers) {
		t.Errorf("%d servers have %d identities", len(servers), len(seen))
	}
	entries, err := filepath.Glob(filepath.Join(cache, "templates", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var templates int
	for _, entry := range entries {
		if info, err := os.Stat(entry); err == nil && info.IsDir() {
			templates++
		}
	}
	if templates != 1 {
		t.Errorf("%d templates: %v", templates, entries)
	}
}

func TestStartFailsWithTheReason(t *testing.T) {
	t.Parallel()
	install := sandboxtest.Install(t, sandbox.Any)
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // after the parallel subtests
	for _, c := range []struct {
		name string
		opts sandbox.Options
		want string
	}{
		{"unknown option", sandbox.Options{Install: install, ExtraArgs: []string{"--no-such-option=1"}}, "unknown variable 'no-such-option=1'"},
		{"port taken", sandbox.Options{Install: install, Port: taken.Addr().(*net.TCPAddr).Port}, "port taken"},
		{"no installation", sandbox.Options{}, "call Find first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, err := sandbox.Start(t.Context(), c.opts)
			if err == nil {
				server.Close(context.Background())
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error does not say %q: %v", c.want, err)
			}
		})
	}
}

func TestStartStopsWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	install := sandboxtest.Install(t, sandbox.Any)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if server, err := sandbox.Start(ctx, sandbox.Options{Install: install}); err == nil {
		server.Close(context.Background())
		t.Fatal("it started")
	}
}
