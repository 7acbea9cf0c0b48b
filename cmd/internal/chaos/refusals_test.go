package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

// settled is a migration that has caught up, with nobody at work.
func settled(t *testing.T, name string) *migration {
	t.Helper()
	pair := sandboxtest.Pair(t)
	seed(t, pair.Source, 100)
	m := newMigration(t, pair, name, settings{databases: []string{courier.Database, torture}})
	m.catchUp(knobs{})
	return m
}

// requireSaid makes sure that the program has said all of it.
func (l *life) requireSaid(parts ...string) {
	l.t.Helper()
	said := l.said(100_000)
	for _, part := range parts {
		if !strings.Contains(said, part) {
			l.t.Errorf("nothing is said of %q: %s", part, said)
		}
	}
}

// unchanged runs something that must leave the target's rows alone.
func (m *migration) unchanged(do func()) {
	m.t.Helper()
	before := dump(m.t, m.pair.Target, "--skip-comments", courier.Database, torture)
	do()
	if after := dump(m.t, m.pair.Target, "--skip-comments", courier.Database, torture); string(after) != string(before) {
		m.t.Error("the target's rows have changed")
	}
}

// TestPurgedPosition: what is still needed is gone from the source.
func TestPurgedPosition(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	m := settled(t, "purged")
	source := sandboxtest.RootDB(t, m.pair.Source, torture)
	executed := position(t, m.pair.Source)
	sandboxtest.Exec(t, source, "INSERT INTO growing (id, n) VALUES (100000, 1)", "FLUSH BINARY LOGS", "INSERT INTO growing (id, n) VALUES (100001, 1)")
	missing := position(t, m.pair.Source).Subtract(executed)
	purgeLogs(t, m.pair.Source)
	m.unchanged(func() {
		m.replicate(knobs{}).want(13).requireSaid("purged", strings.Split(missing.String(), ":")[0])
	})
}

// purgeLogs removes all binlog files but the last.
func purgeLogs(t testing.TB, server *sandbox.Server) {
	t.Helper()
	db := sandboxtest.RootDB(t, server, "")
	rows, err := db.QueryContext(t.Context(), "SHOW BINARY LOGS")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var last, size, encrypted string
	for rows.Next() {
		if err := rows.Scan(&last, &size, &encrypted); err != nil {
			t.Fatal(err)
		}
	}
	sandboxtest.Exec(t, db, "PURGE BINARY LOGS TO '"+last+"'")
}

// TestSourceLacksTransactions: after a failover that lost some, the source does
// not know three transactions that the target has.
func TestSourceLacksTransactions(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	m := settled(t, "lossy")
	survivor, err := sandbox.Start(t.Context(), sandbox.Options{
		Install: m.pair.Source.Install(), Role: sandbox.Source, Password: m.pair.Source.Password(), ServerID: 999,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := survivor.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	had := position(t, m.pair.Source)
	data := dump(t, m.pair.Source, courier.Database, torture, "_tandem")
	if err := feed(t, survivor, data); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, sandboxtest.RootDB(t, survivor, ""), "RESET BINARY LOGS AND GTIDS", "SET GLOBAL gtid_purged = '"+had.String()+"'")

	source := sandboxtest.RootDB(t, m.pair.Source, torture)
	for id := range 3 {
		sandboxtest.Exec(t, source, fmt.Sprintf("INSERT INTO growing (id, n) VALUES (%d, 1)", 100000+id))
	}
	m.catchUp(knobs{})
	lost := m.applied().Subtract(had)

	m.source.Retarget(survivor.Addr())
	m.source.CutAll()
	m.unchanged(func() {
		m.replicate(knobs{}).want(1).requireSaid("does not have", lost.String())
	})
	// Back at the old source everything goes on.
	m.source.Retarget(m.pair.Source.Addr())
	m.catchUp(knobs{})
	sandboxtest.RequireEqual(t, m.pair, courier.Database, torture)
}

// TestSecondReplicator: the second is told; one that was taken over while it
// slept can not write any more, although its connections are there.
func TestSecondReplicator(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	m := settled(t, "two")
	app := startApplication(t, m.pair.Source, 1, 30)
	watch := m.watch()
	// It falls asleep between two windows, when it holds no lock.
	first := m.replicate(knobs{Fault: strike{Point: "lane-0-after-commit", Nth: 20, Do: "stop"}})
	m.asleep(first)
	m.replicate(knobs{}).want(12).requireSaid("another tandem")

	// Only the connection that holds the lease is lost, as by a firewall that
	// forgets it; those that write are there.
	db := sandboxtest.RootDB(t, m.pair.Target, "")
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE IS_USED_LOCK(?) = id", "tandem:"+m.link())
	if err != nil {
		t.Fatal(err)
	}
	var holders []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		holders = append(holders, id)
	}
	rows.Close()
	if len(holders) != 1 {
		t.Fatalf("%d connections hold the lease", len(holders))
	}
	sandboxtest.Exec(t, db, fmt.Sprintf("KILL %d", holders[0]))

	second := m.replicate(knobs{})
	waitFor(t, "the second replicator's epoch", func() bool { return m.epoch() >= 3 })
	// The first wakes up with a window on its way.
	first.signal(syscall.SIGCONT)
	first.want(12)
	if !second.running() {
		t.Fatalf("the second replicator has ended, too: %s", second.said(4000))
	}
	pause(t.Context(), time.Second)
	app.stop()
	executed := position(t, m.pair.Source)
	second.stop()
	m.catchUp(knobs{})
	watch.stop()
	m.requireInvariants(executed)
}

// asleep waits until a life has stopped itself.
func (m *migration) asleep(l *life) {
	m.t.Helper()
	waitFor(m.t, "the program stops", func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", l.command.Process.Pid))
		if err != nil {
			m.t.Fatalf("it has ended: %s", l.said(4000))
		}
		_, after, _ := strings.Cut(string(text), ") ")
		return strings.HasPrefix(after, "T")
	})
}

// epoch is how often the forward link has been claimed.
func (m *migration) epoch() int {
	m.t.Helper()
	var n int
	err := root(m.t, m.pair.Target).QueryRowContext(m.t.Context(), "SELECT MAX(epoch) FROM _tandem.checkpoint WHERE link = ?", m.link()).Scan(&n)
	if err != nil {
		m.t.Fatal(err)
	}
	return n
}

// streams waits until what is written to the source arrives.
func (m *migration) streams() {
	m.t.Helper()
	sandboxtest.Exec(m.t, sandboxtest.RootDB(m.t, m.pair.Source, torture), "INSERT INTO growing (id, n) VALUES (99999, 1)")
	db := sandboxtest.RootDB(m.t, m.pair.Target, torture)
	waitFor(m.t, "a row on the target", func() bool {
		var n int
		return db.QueryRowContext(m.t.Context(), "SELECT COUNT(*) FROM growing WHERE id = 99999").Scan(&n) == nil && n == 1
	})
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); pause(t.Context(), 50*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
	}
}

// TestFullDisk: there is no room for what was read and can not be applied. The
// program stops with a clear message, and goes on when there is room.
func TestFullDisk(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	spool := filepath.Join(t.TempDir(), "spool")
	if err := os.Mkdir(spool, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mountSmall(spool, 3<<20); err != nil {
		t.Skipf("skipped: no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unmount(spool); err != nil {
			t.Error(err)
		}
	})
	pair := sandboxtest.Pair(t)
	seed(t, pair.Source, 100)
	m := newMigration(t, pair, "full", settings{databases: []string{courier.Database, torture}, spool: "1MiB", spoolDir: spool})
	m.catchUp(knobs{})

	l := m.replicate(knobs{})
	m.streams()
	m.target.Set(fault.Stalled())
	source := sandboxtest.RootDB(t, pair.Source, torture)
	for range 12 {
		sandboxtest.Exec(t, source, "INSERT INTO kinds (large) SELECT REPEAT('y', 600000) FROM kinds LIMIT 10")
	}
	select {
	case <-l.ended:
	case <-time.After(patience / 3):
		l.signal(syscall.SIGQUIT)
		<-l.ended
		t.Fatalf("the program goes on without room: %s", l.said(40_000))
	}
	m.calm()
	l.want(1).requireSaid("spool", "no space left")

	m.live(knobs{}, "--set", "replicate.spool.dir="+filepath.Join(m.dir, "roomy"), "replicate", "--until", "caught-up").want(0)
	sandboxtest.RequireEqual(t, pair, courier.Database, torture)
}

// TestLongStall: the target does not answer for longer than any server waits.
// Nothing that was read is lost, and what was spooled is applied afterwards.
func TestLongStall(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	if os.Getenv("CHAOS_TIME") == "" {
		t.Skip("skipped: takes over a minute; make chaos runs it")
	}
	short := "--net-write-timeout=2"
	pair := sandboxtest.Pair(t, sandboxtest.WithSourceArgs(short), sandboxtest.WithTargetArgs(short, "--net-read-timeout=2"))
	seed(t, pair.Source, 100)
	m := newMigration(t, pair, "stall", settings{databases: []string{courier.Database, torture}, spool: "1MiB"})
	m.catchUp(knobs{})
	app := startApplication(t, pair.Source, 1, 100)
	l := m.replicate(knobs{})
	m.streams()
	m.target.Set(fault.Stalled())
	pause(t.Context(), time.Minute)
	m.calm()
	app.stop()
	executed := position(t, pair.Source)
	if !l.running() {
		t.Fatalf("the program has ended with code %d: %s", l.code(), l.said(4000))
	}
	waitFor(t, "the target has caught up", func() bool { return m.applied().ContainsSet(executed) })
	l.stop()
	m.catchUp(knobs{})
	m.requireInvariants(executed)
}
