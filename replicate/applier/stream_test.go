package applier_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/internal/wire"
	"tandem/replicate/applier"
	"tandem/replicate/binlog"
)

// stream is a link without a copy, put together by hand.
type stream struct {
	t        *testing.T
	pair     *sandbox.Pair
	registry *catalog.Registry
	from     change.GTIDSet
	filter   func(schema.Name) bool
	link     string
	target   mysqldb.Endpoint
	source   mysqldb.Endpoint
	hook     func(string)
	lanes    int
	policy   applier.Policy
	log      *slog.Logger
}

func endpoint(s *sandbox.Server, side string) mysqldb.Endpoint {
	return mysqldb.Endpoint{
		Name: side, Network: "tcp", Addr: s.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return s.Password(), nil },
	}
}

// executed returns a server's position.
func executed(t *testing.T, server *sandbox.Server) change.GTIDSet {
	t.Helper()
	set, err := mysqldb.Executed(t.Context(), sandboxtest.RootDB(t, server, ""))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// newStream creates the source's tables of a database, empty, on the target,
// and a checkpoint from which the stream has everything that is in them.
func newStream(t *testing.T, pair *sandbox.Pair, database string, from change.GTIDSet) *stream {
	t.Helper()
	ctx := t.Context()
	s := &stream{
		t: t, from: from, pair: pair, link: database, lanes: 2, log: slog.New(slog.DiscardHandler),
		source: endpoint(pair.Source, "source"), target: endpoint(pair.Target, "target"),
		filter: func(n schema.Name) bool { return n.Schema == database },
	}
	source, target := s.open(s.source), s.open(s.target)
	tables, err := catalog.Load(ctx, source, s.filter)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.Create(ctx, source, target, tables); err != nil {
		t.Fatal(err)
	}
	s.registry = catalog.NewRegistry(tables)
	for _, sql := range applier.Tables {
		must(t, func() error { _, err := target.ExecContext(ctx, sql); return err })
	}
	must(t, func() error { return applier.CreateCheckpoint(ctx, target, s.link, s.from) })
	return s
}

func (s *stream) open(e mysqldb.Endpoint) *sql.DB {
	db, err := mysqldb.Open(s.t.Context(), e, mysqldb.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	return db
}

// catchUp applies everything that the source has by now.
func (s *stream) catchUp() (applier.Progress, error) {
	source := s.open(s.source)
	goal, err := mysqldb.Executed(s.t.Context(), source)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.run(func(p applier.Progress) bool { return p.Position.ContainsSet(goal) })
}

// run applies until done says so.
func (s *stream) run(done func(applier.Progress) bool) (applier.Progress, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	target := s.open(s.target)
	cp, err := applier.Claim(ctx, target, s.link)
	if err != nil {
		return applier.Progress{}, err
	}
	reader, err := binlog.Open(ctx, binlog.Config{
		Endpoint: s.source, ServerID: 4_000_000_000, Tables: s.registry, Replicated: s.filter, SpoolDir: s.t.TempDir(), Logger: s.log,
	}, cp.Position)
	if err != nil {
		return applier.Progress{}, err
	}
	defer reader.Close()
	a := applier.New(applier.Config{
		Link: s.link, Epoch: cp.Epoch, Lanes: s.lanes, Hook: s.hook, Logger: s.log,
		Connect: func(ctx context.Context) (*wire.Conn, error) { return wire.Connect(ctx, s.target, wire.Session{}) },
		Catalog: &live{s.registry, target}, OnConflict: s.policy, OnStatement: applier.Apply,
	}, cp)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, reader) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return a.Progress(), err
		case <-tick.C:
			if done(a.Progress()) {
				cancel()
				if err := <-ended; !errors.Is(err, context.Canceled) {
					return a.Progress(), err
				}
				return a.Progress(), nil
			}
		}
	}
}

// live is the catalog of a link without its own.
type live struct {
	registry *catalog.Registry
	db       *sql.DB
}

func (l *live) Cascades(schema.Name) bool { return false }
func (l *live) Fingerprints(ctx context.Context, names []schema.Name) (string, error) {
	text := ""
	for _, n := range names {
		t, err := catalog.LoadTable(ctx, l.db, n)
		switch {
		case errors.Is(err, catalog.ErrNoTable):
			text += n.String() + " absent\n"
		case err != nil:
			return "", err
		default:
			text += n.String() + " " + t.Fingerprint + "\n"
		}
	}
	return text, nil
}

func (l *live) Refresh(ctx context.Context, names []schema.Name) error {
	for _, n := range names {
		t, err := catalog.LoadTable(ctx, l.db, n)
		switch {
		case errors.Is(err, catalog.ErrNoTable):
			l.registry.Drop(n)
		case err != nil:
			return err
		default:
			l.registry.Replace(t)
		}
	}
	return nil
}

func must(t *testing.T, f func() error) {
	t.Helper()
	if err := f(); err != nil {
		t.Fatal(err)
	}
}

// TestCourierLoadStreams applies the load of the sample database, everything an
// application does, over different numbers of lanes.
func TestCourierLoadStreams(t *testing.T) {
	pair := sandboxtest.Pair(t)
	for _, lanes := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(lanes), func(t *testing.T) {
			ctx := t.Context()
			name := fmt.Sprintf("courier%d", lanes)
			for _, server := range []*sandbox.Server{pair.Source, pair.Target} {
				must(t, func() error { return courier.CreateDatabase(ctx, sandboxtest.RootDB(t, server, ""), name) })
			}
			db := sandboxtest.RootDB(t, pair.Source, name)
			s := newStream(t, pair, name, executed(t, pair.Source))
			s.lanes = lanes
			must(t, func() error {
				_, err := courier.Seed(ctx, db, courier.SeedOptions{Size: 300, Seed: 1})
				return err
			})
			must(t, func() error {
				_, err := courier.Load(ctx, db, courier.LoadOptions{Transactions: 1500, Workers: 4, Seed: int64(lanes)})
				return err
			})
			p, err := s.catchUp()
			if err != nil {
				t.Fatal(err)
			}
			if p.Transactions < 1400 || p.Windows == 0 || p.Windows > p.Transactions/4 || p.Singles > 0 {
				t.Errorf("%d transactions in %d windows: not merged", p.Transactions, p.Windows)
			}
			t.Logf("%+v", p)
			sandboxtest.RequireEqual(t, pair, name)
			must(t, func() error { return courier.Check(ctx, sandboxtest.RootDB(t, pair.Target, name)) })
		})
	}
}

// TestUpdatesThatOnlyRetypeJSON streams updates that a server takes for none.
func TestUpdatesThatOnlyRetypeJSON(t *testing.T) {
	pair := sandboxtest.Shared(t)
	db := pair.SourceDB(t)
	sandboxtest.Exec(t, db,
		`CREATE TABLE alone (id INT PRIMARY KEY, j JSON)`,
		`CREATE TABLE unq (id INT PRIMARY KEY, u INT UNIQUE, j JSON NOT NULL)`,
		`CREATE TABLE keyless (id INT, j JSON)`)
	s := newStream(t, pair.Pair, pair.Database, executed(t, pair.Source))
	for i := range 10 {
		for _, table := range []string{"alone (id, j)", "unq (id, j)", "keyless (id, j)"} {
			sandboxtest.Exec(t, db, fmt.Sprintf(`INSERT INTO %s VALUES (%d, '{"n": 1, "d": [1.0, {"x": -0.0}], "s": "1"}')`, table, i))
		}
	}
	if _, err := s.catchUp(); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		for _, table := range []string{"alone", "unq", "keyless"} {
			sandboxtest.Exec(t, db,
				fmt.Sprintf(`UPDATE %s SET j = 'null' WHERE id = %d`, table, i),
				fmt.Sprintf(`UPDATE %s SET j = '{"n": 1.0, "d": [1, {"x": 0.0}], "s": "1"}' WHERE id = %d`, table, i))
		}
	}
	if _, err := s.catchUp(); err != nil {
		t.Fatal(err)
	}
	pair.RequireEqual(t)
}

// TestLargeValuesWithoutAKey finds rows of which some differ only in a byte of a
// large value, in bytes and in text of several character sets.
func TestLargeValuesWithoutAKey(t *testing.T) {
	pair := sandboxtest.Shared(t)
	db := pair.SourceDB(t)
	sandboxtest.Exec(t, db,
		`CREATE TABLE keyless (id INT, b LONGBLOB, t LONGTEXT CHARACTER SET utf8mb4, l LONGTEXT CHARACTER SET latin1, u LONGTEXT CHARACTER SET utf16)`)
	s := newStream(t, pair.Pair, pair.Database, executed(t, pair.Source))
	for _, last := range []string{"a", "A", "é", "日"} {
		latin := last
		if last == "日" {
			latin = "x"
		}
		sandboxtest.Exec(t, db, fmt.Sprintf(
			`INSERT INTO keyless VALUES (1, CONCAT(REPEAT(x'00ff27', 40000), '%[1]s'), CONCAT(REPEAT('日"', 30000), '%[1]s'), CONCAT(REPEAT('é', 90000), '%[2]s'), CONCAT(REPEAT('日', 50000), '%[1]s'))`,
			last, latin))
	}
	sandboxtest.Exec(t, db,
		`UPDATE keyless SET id = 2 WHERE BINARY RIGHT(t, 1) = 'A' LIMIT 1`,
		`UPDATE keyless SET b = CONCAT(b, 'more'), l = CONCAT(l, 'é') WHERE BINARY RIGHT(t, 1) = 'é'`,
		`DELETE FROM keyless WHERE BINARY RIGHT(t, 1) = 'a'`)
	if _, err := s.catchUp(); err != nil {
		t.Fatal(err)
	}
	pair.RequireEqual(t)
}
