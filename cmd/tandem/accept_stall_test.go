package main

import (
	"os"
	"syscall"
	"testing"
	"time"

	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

// TestStalledTarget freezes the target's server for much longer than the source
// waits for a reader that does not read (net_write_timeout), while the source is
// written to. The source's connection is not lost, and everything arrives.
// TANDEM_LONG=1 makes it ten minutes, with the source's usual patience.
func TestStalledTarget(t *testing.T) {
	t.Parallel()
	stall := 8 * time.Second
	options := []sandboxtest.Option{sandboxtest.WithSourceArgs("--net-write-timeout=1")}
	if os.Getenv("TANDEM_LONG") != "" {
		stall, options = 10*time.Minute, nil
	}
	pair := sandboxtest.Pair(t, options...)
	app := seedCourier(t, pair.Source, courier.Size(500))
	m := newMigration(t, pair, []string{courier.Database + ".*"})
	m.catchUp()
	r := m.start("replicate").streams()
	before := dumps(t, pair.Source)
	if len(before) == 0 {
		t.Fatal("nobody reads the source's binlog")
	}

	target, err := os.FindProcess(pair.Target.PID())
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Signal(syscall.SIGCONT) })
	load := startLoad(t, app, courier.LoadOptions{TPS: 100, Workers: 4, Seed: 1})
	// More than sockets hold, so that a reader which has stopped would be noticed.
	root := sandboxtest.RootDB(t, pair.Source, courier.Database)
	sandboxtest.Exec(t, root, "CREATE TABLE bulk (id INT PRIMARY KEY, b LONGBLOB)")
	for n := range 20 {
		if _, err := root.ExecContext(t.Context(), "INSERT INTO bulk VALUES (?, REPEAT('b', 2000000))", n); err != nil {
			t.Fatal(err)
		}
	}
	// The length of the stall is what is tested.
	select {
	case <-time.After(stall):
	case <-r.ended:
		t.Fatalf("tandem ended while the target stood still: %s", tail(r.stderr.String(), 4000))
	}
	during := dumps(t, pair.Source)
	if err := target.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	stats := load()
	t.Logf("the application committed %d transactions while the target stood still for %v", stats.Committed, stall)
	for id := range before {
		if !during[id] {
			t.Errorf("connection %d, which read the source's binlog, was lost while the target stood still", id)
		}
	}
	r.stop()
	m.catchUp()
	sandboxtest.RequireEqual(t, pair, courier.Database)
}
