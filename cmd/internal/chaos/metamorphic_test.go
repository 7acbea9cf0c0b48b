package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate/applier"
)

// variant is one way to apply a backlog.
type variant struct {
	lanes  int
	tuning applier.Tuning
	spool  string
	// line is the one to the target, feed the one to the source.
	line, feed fault.Conditions
	// deaths are points at which lives end, one after the other.
	deaths []strike
}

func (v variant) String() string {
	return fmt.Sprintf("lanes=%d windows=%+v spool=%s line=%+v feed=%+v deaths=%v", v.lanes, v.tuning, v.spool, v.line, v.feed, v.deaths)
}

// TestSameBacklogSameTarget applies one recorded log in many ways: with one lane
// and with many, in windows of one transaction and of thousands, through slow
// lines, and killed in between. Every target is the same, byte for byte.
func TestSameBacklogSameTarget(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	pair := sandboxtest.Pair(t)
	m := newMigration(t, pair, "again", settings{databases: []string{courier.Database, torture}, spool: "1MiB"})
	empty(t, pair.Source)
	m.catchUp(knobs{})
	begin := snapshot(t, pair.Target)
	record(t, pair.Source)

	var first string
	for i, v := range variants(t) {
		if i > 0 {
			restore(t, pair.Target, begin)
		}
		began := time.Now()
		m.apply(v)
		verdict := sandboxtest.RequireEqual(t, pair, courier.Database, torture)
		t.Logf("%5.1fs, %d rows: %s", time.Since(began).Seconds(), verdict.Rows(), v)
		if got := digest(verdict); first == "" {
			first = got
		} else if got != first {
			t.Fatalf("another target than the first one:\n%s\nwant\n%s", got, first)
		}
	}
	if err := courier.Check(t.Context(), sandboxtest.RootDB(t, pair.Target, courier.Database)); err != nil {
		t.Error(err)
	}
}

// variants are a few that are always tried, and some drawn from SEED.
func variants(t *testing.T) []variant {
	at := func(point string, nth int) strike { return strike{Point: point, Nth: nth, Do: "kill"} }
	list := []variant{
		{lanes: 1, tuning: applier.Tuning{WindowTransactions: 1}, spool: "64MiB"},
		{lanes: 2, spool: "64MiB"},
		{lanes: 8, spool: "1MiB", tuning: applier.Tuning{WindowTransactions: 1 << 20, WindowRows: 1 << 20, WindowBytes: 64 << 20}},
		{lanes: 3, tuning: applier.Tuning{WindowRows: 50}, spool: "1MiB"},
		{lanes: 4, tuning: applier.Tuning{WindowTransactions: 200}, spool: "1MiB", deaths: []strike{
			at("lane-0-after-commit", 1), at("lane-1-after-commit", 3), at("lane-2-before-commit", 2), at("lanes-before-commit", 4),
			at("lane-3-after-commit", 1), at("statement-intent", 1), at("statement-done", 1), at("after-commit", 1),
		}},
	}
	n := 1
	if os.Getenv("CHAOS_TIME") != "" {
		n = 8
		list = append(list, variant{lanes: 2, spool: "1MiB", feed: fault.Narrow(4 << 20), line: fault.Slow(2 * time.Millisecond)})
	}
	seedOf := seedOfRun(t)
	random := rand.New(rand.NewPCG(seedOf, 2))
	for range n {
		v := variant{
			lanes: 1 + random.IntN(8), spool: pick(random, "1MiB", "64MiB"),
			tuning: applier.Tuning{WindowTransactions: pick(random, 0, 2, 17, 300), WindowRows: pick(random, 0, 5, 100), WindowBytes: pick(random, 0, 1000, 100_000)},
		}
		for range random.IntN(6) {
			v.deaths = append(v.deaths, at(pick(random, applyPoints...), 1+random.IntN(10)))
		}
		list = append(list, v)
	}
	return list
}

// apply catches up in the way of v.
func (m *migration) apply(v variant) {
	m.t.Helper()
	m.target.Set(v.line)
	m.source.Set(v.feed)
	defer m.calm()
	k := knobs{Lanes: v.lanes, Tuning: v.tuning}
	for _, death := range v.deaths {
		k.Fault = death
		// A point that is not come to any more is no failure: then it has caught up.
		switch l := m.live(k, "--set", "replicate.spool.memory="+v.spool, "replicate", "--until", "caught-up"); l.wait() {
		case 0, killedBySignal:
		default:
			m.t.Fatalf("%s: ended with code %d: %s", v, l.code(), l.said(4000))
		}
	}
	k.Fault = strike{}
	m.live(k, "--set", "replicate.spool.memory="+v.spool, "replicate", "--until", "caught-up").want(0)
}

// empty makes both databases without a row.
func empty(t testing.TB, server *sandbox.Server) {
	t.Helper()
	root := sandboxtest.RootDB(t, server, "")
	for _, name := range []string{courier.Database, torture} {
		if err := courier.CreateDatabase(t.Context(), root, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := courier.Create(t.Context(), sandboxtest.RootDB(t, server, courier.Database), courier.SchemaOptions{}); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, sandboxtest.RootDB(t, server, torture), tortureTables...)
}

// record makes the log: rows by the thousand, an application at work, a
// transaction that comes in parts, statements that change tables in between.
func record(t testing.TB, server *sandbox.Server) {
	t.Helper()
	filled := rowsOnly(t)
	if err := feed(t, server, filled); err != nil {
		t.Fatal(err)
	}
	db := sandboxtest.RootDB(t, server, torture)
	app := startApplication(t, server, 5, 150)
	for _, statement := range []string{
		"ALTER TABLE growing ADD COLUMN more int DEFAULT 5",
		"INSERT INTO kinds (large) SELECT REPEAT('x', 600000) FROM kinds LIMIT 10",
		"ALTER TABLE growing ADD COLUMN front varchar(10) DEFAULT 'é' FIRST",
		"DELETE FROM kinds WHERE LENGTH(large) = 600000",
		"ALTER TABLE growing DROP COLUMN more",
		"CREATE TABLE copied (PRIMARY KEY (word)) AS SELECT * FROM words",
		"ALTER TABLE words MODIFY hint varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
		"DROP TABLE copied",
	} {
		pause(t.Context(), time.Second)
		sandboxtest.Exec(t, db, statement)
	}
	pause(t.Context(), time.Second)
	t.Logf("recorded %d transactions of the application", app.stop())
}

// rowsOnly is what a seeded database holds, as statements for one that has its
// tables already.
func rowsOnly(t testing.TB) []byte {
	t.Helper()
	other, err := sandbox.Start(t.Context(), sandbox.Options{Install: sandboxtest.Install(t, sandbox.Any)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := other.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	seed(t, other, 300)
	return dump(t, other, "--no-create-info", courier.Database, torture)
}

// snapshot is all that a migration has on a target.
func snapshot(t testing.TB, server *sandbox.Server) []byte {
	t.Helper()
	return dump(t, server, courier.Database, torture, "_tandem")
}

// restore brings a target back, outside its log: nobody has done anything there.
func restore(t testing.TB, server *sandbox.Server, from []byte) {
	t.Helper()
	drop := "SET SESSION sql_log_bin = 0;\n"
	for _, name := range []string{courier.Database, torture, "_tandem"} {
		drop += "DROP DATABASE " + name + ";\n"
	}
	if err := feed(t, server, append([]byte(drop), from...)); err != nil {
		t.Fatal(err)
	}
}

func dump(t testing.TB, server *sandbox.Server, args ...string) []byte {
	t.Helper()
	var databases, options []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "--") {
			options = append(options, arg)
		} else {
			databases = append(databases, arg)
		}
	}
	options = append(options, "--default-character-set=utf8mb4", "--set-gtid-purged=OFF", "--hex-blob", "--single-transaction", "--databases")
	command, err := server.Dump(t.Context(), append(options, databases...)...)
	if err != nil {
		t.Fatal(err)
	}
	var errors bytes.Buffer
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("dump: %v: %s", err, errors.String())
	}
	return out
}

// feed runs statements through MySQL's own client.
func feed(t testing.TB, server *sandbox.Server, statements []byte) error {
	t.Helper()
	command, err := server.Client(t.Context(), "--default-character-set=utf8mb4")
	if err != nil {
		return err
	}
	command.Stdin = io.Reader(bytes.NewReader(statements))
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("feed the %s server: %w: %.1000s", server.Name(), err, out)
	}
	return nil
}

// digest is the target as text.
func digest(v sandbox.Verdict) string {
	var b strings.Builder
	for _, table := range v.Tables {
		fmt.Fprintf(&b, "%s.%s %d %s\n", table.Database, table.Table, table.B.Rows, table.B.SHA256)
	}
	return b.String()
}
