package replicate_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/replicate/applier"
)

func endpoint(s *sandbox.Server, side string) mysqldb.Endpoint {
	return mysqldb.Endpoint{
		Name: side, Network: "tcp", Addr: s.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return s.Password(), nil },
	}
}

// runPair runs both links until stop is called, which waits for their end.
func runPair(t *testing.T, servers *sandbox.Pair, database string) (p *replicate.Pair, stop func()) {
	t.Helper()
	return runPairWith(t, servers, database, func(*replicate.Config) {})
}

// pairConfig is how the pairs of these tests are set up.
func pairConfig(t *testing.T, servers *sandbox.Pair, database string) replicate.Config {
	return replicate.Config{
		Migration: "m", Source: endpoint(servers.Source, "source"), Target: endpoint(servers.Target, "target"),
		Tables:   func(n schema.Name) bool { return n.Schema == database },
		Schemas:  func(s string) bool { return s == database },
		ServerID: 3_000_000_000, Workers: 2, ChunkBytes: 1 << 20, DeferFrom: 1, SpoolDir: t.TempDir(), SpoolMemory: 16 << 20,
		OnStatement: applier.Apply, OnConflict: applier.Stop,
	}
}

// runPairWith is runPair with other settings.
func runPairWith(t *testing.T, servers *sandbox.Pair, database string, set func(*replicate.Config)) (p *replicate.Pair, stop func()) {
	t.Helper()
	cfg := pairConfig(t, servers, database)
	set(&cfg)
	p = replicate.NewPair(cfg)
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel(errors.New("the test stops the pair"))
		if err := <-ended; err != nil {
			t.Errorf("pair: %v", err)
		}
	}
	t.Cleanup(stop)
	return p, stop
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func number(t *testing.T, db *sql.DB, query string) int64 {
	t.Helper()
	var n int64
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func executed(t *testing.T, s *sandbox.Server) string {
	t.Helper()
	set, err := mysqldb.Executed(t.Context(), sandboxtest.RootDB(t, s, ""))
	must(t, err)
	return set.String()
}

// contains tells whether one GTID set holds all of another.
func contains(t *testing.T, set, all string) bool {
	t.Helper()
	a, err := change.ParseGTIDSet(set)
	must(t, err)
	b, err := change.ParseGTIDSet(all)
	must(t, err)
	return a.ContainsSet(b)
}

// TestNothingCircles runs both links under load, statements included, and lets
// them idle: what the forward link has applied must come back neither as a
// change nor as a breach, and two idle links must not keep each other busy.
func TestNothingCircles(t *testing.T) {
	ctx := t.Context()
	servers := sandboxtest.Pair(t)
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	must(t, courier.CreateDatabase(ctx, source, "courier"))
	db := sandboxtest.RootDB(t, servers.Source, "courier")
	_, err := courier.Seed(ctx, db, courier.SeedOptions{Size: 100, Seed: 1})
	must(t, err)
	p, stop := runPair(t, servers, "courier")
	eventually(t, "begun", func() bool { return p.Status()[0].State != replicate.Preparing })
	_, err = courier.Load(ctx, db, courier.LoadOptions{Transactions: 300, Workers: 2, Seed: 1})
	must(t, err)
	sandboxtest.Exec(t, db,
		"CREATE TABLE made_later (id INT PRIMARY KEY, v INT)", "INSERT INTO made_later VALUES (1, 1)",
		"ALTER TABLE made_later ADD COLUMN w INT DEFAULT 5", "ALTER TABLE made_later ADD COLUMN t VARCHAR(9) CHARACTER SET utf8mb4",
		"UPDATE made_later SET w = 6",
		"CREATE TABLE goes_again (id INT PRIMARY KEY)", "DROP TABLE goes_again")
	goal := executed(t, servers.Source)
	eventually(t, "both links caught up", func() bool {
		forward, reverse := p.Status()[0], p.Status()[1]
		return forward.Copy.Done && contains(t, forward.Applied.GTID, goal) &&
			reverse.State == replicate.CaughtUp && contains(t, reverse.Applied.GTID, executed(t, servers.Target))
	})
	sandboxtest.RequireEqual(t, servers, "courier")
	if n := number(t, target, "SELECT COUNT(*) FROM _tandem.statement WHERE gtid LIKE 'index %'"); n == 0 {
		t.Error("no index was made after the rows: the test does not see whether that circles")
	}
	for side, at := range map[string]*sql.DB{"source": source, "target": target} {
		if n := number(t, at, "SELECT COUNT(*) FROM _tandem.breach"); n != 0 {
			t.Errorf("%d breaches kept on the %s", n, side)
		}
		if n := number(t, at, "SELECT COUNT(*) FROM _tandem.conflict"); n != 0 {
			t.Errorf("%d conflicts kept on the %s", n, side)
		}
	}
	seqs := func() [2]int64 {
		const q = "SELECT MAX(seq) FROM _tandem.checkpoint"
		return [2]int64{number(t, source, q), number(t, target, q)}
	}
	// Both links have a second to save what they passed over; from then on the
	// checkpoints stand still, although status is published on both sides.
	var before [2]int64
	eventually(t, "the checkpoints come to rest", func() bool {
		now := seqs()
		defer func() { before = now }()
		if now != before {
			<-time.After(1500 * time.Millisecond)
			return false
		}
		return true
	})
	published := number(t, target, "SELECT FLOOR(UNIX_TIMESTAMP(seen_at)) FROM _tandem.link")
	eventually(t, "the status is published again", func() bool {
		return number(t, target, "SELECT FLOOR(UNIX_TIMESTAMP(seen_at)) FROM _tandem.link") >= published+8
	})
	if now := seqs(); now != before {
		t.Errorf("idle links moved their checkpoints from %v to %v", before, now)
	}
	stop()
}

// TestBreachIsKeptAndNotApplied writes to the side that does not own the tables.
func TestBreachIsKeptAndNotApplied(t *testing.T) {
	servers := sandboxtest.Pair(t)
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE d",
		"CREATE TABLE d.t (id INT PRIMARY KEY, name VARCHAR(20), raw VARBINARY(10))", "INSERT INTO d.t VALUES (1, 'one', x'00ff'), (2, 'two', NULL)")
	p, stop := runPair(t, servers, "d")
	eventually(t, "copied", func() bool { return p.Status()[0].Copy.Done && p.Status()[1].State == replicate.CaughtUp })
	sandboxtest.Exec(t, target, "UPDATE d.t SET name = 'rogue' WHERE id = 1", "DELETE FROM d.t WHERE id = 2", "INSERT INTO d.t VALUES (3, '三', x'01')", "ALTER TABLE d.t ADD COLUMN x INT")
	eventually(t, "kept", func() bool { return p.Status()[1].Breaches == 4 })
	stop()
	// Going on from the checkpoint keeps none of them twice.
	p, stop = runPair(t, servers, "d")
	eventually(t, "caught up again", func() bool { return p.Status()[1].State == replicate.CaughtUp })
	stop()
	rows, err := source.Query("SELECT table_name, operation, COALESCE(before_image,''), COALESCE(after_image,''), COALESCE(statement,'') FROM _tandem.breach ORDER BY id")
	must(t, err)
	defer rows.Close()
	var got []string
	for rows.Next() {
		var c [5]string
		must(t, rows.Scan(&c[0], &c[1], &c[2], &c[3], &c[4]))
		got = append(got, fmt.Sprint(c))
	}
	want := []string{
		`[d.t update {"id":"1","name":"one","raw":"0x00ff"} {"id":"1","name":"rogue","raw":"0x00ff"} ]`,
		`[d.t delete {"id":"2","name":"two","raw":null}  ]`,
		`[d.t insert  {"id":"3","name":"三","raw":"0x01"} ]`,
		`[d.t statement   ALTER TABLE d.t ADD COLUMN x INT]`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept\n%q\nwant\n%q", got, want)
	}
	if n := number(t, source, "SELECT COUNT(*) FROM d.t WHERE (id, name) IN ((1,'one'), (2,'two'))"); n != 2 {
		t.Errorf("a breach was applied: %d of 2 rows are as they were", n)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestStatementIsKnownAgain: what utf8mb4 means differs between versions, so the
// statement is applied with other words than the source's. It is no breach.
func TestStatementIsKnownAgain(t *testing.T) {
	t.Parallel()
	servers := sandboxtest.Pair56(t)
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY)")
	p, stop := runPair(t, servers, "shop")
	eventually(t, "copied", func() bool { return p.Status()[0].Copy.Done && p.Status()[1].State == replicate.CaughtUp })
	sandboxtest.Exec(t, source, "ALTER TABLE shop.a ADD COLUMN t VARCHAR(9) CHARACTER SET utf8mb4", "INSERT INTO shop.a VALUES (1,'a')")
	eventually(t, "applied", func() bool { return number(t, target, "SELECT COUNT(*) FROM shop.a") == 1 })
	goal := executed(t, servers.Target)
	eventually(t, "the reverse link has come by", func() bool { return contains(t, p.Status()[1].Applied.GTID, goal) })
	stop()
	if n := number(t, source, "SELECT COUNT(*) FROM _tandem.breach"); n != 0 {
		t.Errorf("%d breaches", n)
	}
}
