package replicate_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/replicate/applier"
	"tandem/replicate/throttle"
)

// TestThrottledCopySaysWhy has a query of the user's pause the copy, and finds
// the reason in the status, here and as others read it.
func TestThrottledCopySaysWhy(t *testing.T) {
	t.Parallel()
	servers := sandboxtest.Pair(t)
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE d", "CREATE TABLE d.a (id INT PRIMARY KEY)", "CREATE TABLE d.b (id INT PRIMARY KEY)",
		"INSERT INTO d.a VALUES (1)", "INSERT INTO d.b VALUES (1)")
	sandboxtest.Exec(t, target, "CREATE DATABASE k", "CREATE TABLE k.knob (v INT)", "INSERT INTO k.knob VALUES (99)")
	paused := make(chan struct{})
	cfg := replicate.Config{
		Migration: "m", Source: endpoint(servers.Source, "source"), Target: endpoint(servers.Target, "target"),
		Tables:   func(n schema.Name) bool { return n.Schema == "d" },
		ServerID: 3_000_000_100, Workers: 1, ChunkBytes: 1 << 20, SpoolDir: t.TempDir(), SpoolMemory: 16 << 20,
		OnStatement: applier.Apply, OnConflict: applier.Stop,
		Throttle: throttle.Limits{Query: throttle.Query{SQL: "SELECT v FROM k.knob", Above: 10}, ThreadsRunning: 1000},
		Hook: func(point string) {
			if point == "copy begin" {
				<-paused
			}
		},
	}
	p := replicate.NewPair(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	const reason = "throttle.query on the target answers 99 (limit 10)"
	eventually(t, "the status says why", func() bool { return p.Status()[0].Copy.Paused == reason })
	close(paused)
	eventually(t, "others can read why", func() bool {
		st, err := replicate.ReadStatus(t.Context(), func() replicate.Config { c := cfg; c.Direction = replicate.Forward; return c }())
		must(t, err)
		return st.Copy.Paused == reason && slices.Contains(st.Waiting, "copy: "+reason)
	})
	st := p.Status()[0]
	if st.Copy.Done || len(st.Copy.Throttle) != 2 || strings.Count(strings.Join(st.Waiting, "\n"), reason) != 1 {
		t.Errorf("status of a copy that pauses: %+v", st)
	}
	sandboxtest.Exec(t, target, "UPDATE k.knob SET v = 1")
	eventually(t, "copied", func() bool { return p.Status()[0].Copy.Done })
	if st := p.Status()[0]; st.Copy.Paused != "" || len(st.Copy.Throttle) != 0 {
		t.Errorf("status of a copy that is done: %+v", st.Copy)
	}
	sandboxtest.RequireEqual(t, servers, "d")
}
