package replicate_test

import (
	"errors"
	"testing"

	"tandem/internal/preflight"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// TestBeginBesideXA: what an XA transaction changed that is prepared when a
// migration begins is neither in the copy nor in the stream, so it does not begin.
func TestBeginBesideXA(t *testing.T) {
	t.Parallel()
	servers := sandboxtest.Pair(t)
	source := sandboxtest.RootDB(t, servers.Source, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE d", "CREATE TABLE d.a (id INT PRIMARY KEY)")
	conn, err := source.Conn(t.Context())
	must(t, err)
	for _, s := range []string{"XA START 'lost'", "INSERT INTO d.a VALUES (1)", "XA END 'lost'", "XA PREPARE 'lost'"} {
		_, err := conn.ExecContext(t.Context(), s)
		must(t, err)
	}
	must(t, conn.Close())
	link := replicate.New(replicate.Config{
		Migration: "m", Direction: replicate.Forward, Source: endpoint(servers.Source, "source"), Target: endpoint(servers.Target, "target"),
		Tables:   func(n schema.Name) bool { return n.Schema == "d" },
		ServerID: 3_000_000_101, Workers: 1, ChunkBytes: 1 << 20, SpoolDir: t.TempDir(), SpoolMemory: 16 << 20,
		OnStatement: applier.Apply, OnConflict: applier.Stop, UntilCaughtUp: true,
	})
	blocked, ok := errors.AsType[*replicate.BlockedError](link.Run(t.Context()))
	if !ok || len(blocked.Findings) != 1 || blocked.Findings[0].ID != "xa-prepared" || blocked.Findings[0].Severity != preflight.Block {
		t.Errorf("it begins, or refuses for another reason: %+v", blocked)
	}
	sandboxtest.Exec(t, source, "XA COMMIT 'lost'")
	must(t, link.Run(t.Context()))
	sandboxtest.RequireEqual(t, servers, "d")
}
