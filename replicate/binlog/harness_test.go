package binlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// harness is one database on a real server and a reader of what happens to it.
type harness struct {
	t        *testing.T
	server   *sandbox.Server
	database string
	db       *sql.DB
	tables   *liveTables
	cfg      Config
}

// liveTables loads definitions from the server when they are asked for, as the
// tests wait for each statement before they go on to the next.
type liveTables struct {
	t      *testing.T
	db     *sql.DB
	mu     sync.Mutex
	known  map[schema.Name]*schema.Table
	filter func(schema.Name) bool
}

func (l *liveTables) Table(n schema.Name) (*schema.Table, bool) {
	if !l.filter(n) {
		return nil, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.known[n]; ok {
		return t, t != nil
	}
	t, err := catalog.LoadTable(context.Background(), l.db, n)
	if err != nil && !errors.Is(err, catalog.ErrNoTable) {
		l.t.Errorf("load %s: %v", n, err)
	}
	l.known[n] = t
	return t, t != nil
}

// forget makes the definitions be loaded again.
func (l *liveTables) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.known)
}

// shared returns a harness on the server that the tests of this process share.
func shared(t *testing.T, version sandbox.Version) *harness {
	t.Helper()
	pair := sandboxtest.Shared
	if version == sandbox.V56 {
		pair = sandboxtest.Shared56
	}
	s := pair(t)
	return newHarness(t, s.Source, s.Database)
}

// own returns a harness on a server that only this test uses.
func own(t *testing.T, version sandbox.Version, args ...string) *harness {
	t.Helper()
	server, err := sandbox.Start(t.Context(), sandbox.Options{
		Install: sandboxtest.Install(t, version), Role: sandbox.Source, ExtraArgs: args,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(context.Background()) })
	sandboxtest.Exec(t, sandboxtest.RootDB(t, server, ""), "CREATE DATABASE shop")
	return newHarness(t, server, "shop")
}

func newHarness(t *testing.T, server *sandbox.Server, database string) *harness {
	t.Helper()
	h := &harness{t: t, server: server, database: database}
	h.db = sandboxtest.RootDB(t, server, database)
	filter := func(n schema.Name) bool { return n.Schema == database && !strings.HasPrefix(n.Table, "other") }
	h.tables = &liveTables{t: t, db: h.db, known: make(map[schema.Name]*schema.Table), filter: filter}
	h.cfg = Config{
		Endpoint: mysqldb.Endpoint{
			Name: "source", Network: "tcp", Addr: server.Addr(), User: "tandem",
			Password: func(context.Context) (string, error) { return server.Password(), nil },
		},
		ServerID:         serverID(),
		Tables:           h.tables,
		Replicated:       filter,
		ReplicatedSchema: func(s string) bool { return s == database },
		SpoolDir:         t.TempDir(),
	}
	return h
}

// serverID is different for each reader of a test run.
var serverID = func() func() uint32 {
	var mu sync.Mutex
	next := uint32(70000)
	return func() uint32 {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next
	}
}()

func (h *harness) exec(statements ...string) {
	h.t.Helper()
	sandboxtest.Exec(h.t, h.db, statements...)
}

// session runs statements on one connection.
func (h *harness) session(statements ...string) {
	h.t.Helper()
	conn, err := h.db.Conn(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close()
	for _, s := range statements {
		if _, err := conn.ExecContext(h.t.Context(), s); err != nil {
			h.t.Fatalf("%s: %v", s, err)
		}
	}
	// What was set for the session must not reach the pool.
	conn.Raw(func(any) error { return driver.ErrBadConn })
}

func (h *harness) executed() change.GTIDSet {
	h.t.Helper()
	var text string
	if err := h.db.QueryRowContext(h.t.Context(), "SELECT @@global.gtid_executed").Scan(&text); err != nil {
		h.t.Fatal(err)
	}
	set, err := change.ParseGTIDSet(text)
	if err != nil {
		h.t.Fatal(err)
	}
	return set
}

// open reads from now on.
func (h *harness) open() *stream {
	h.t.Helper()
	return h.openFrom(h.executed())
}

func (h *harness) openFrom(from change.GTIDSet) *stream {
	h.t.Helper()
	r, err := Open(h.t.Context(), h.cfg, from)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { r.Close() })
	return &stream{h: h, r: r, seen: from.Clone()}
}

// stream is a reader and the position that it has reached.
type stream struct {
	h    *harness
	r    *Reader
	seen change.GTIDSet
}

const patience = 60 * time.Second

// next returns the next transaction that is about the test's database.
func (s *stream) next() *change.Transaction {
	s.h.t.Helper()
	for {
		tx, err := s.step()
		if err != nil {
			s.h.t.Fatalf("next: %v (%+v)", err, s.r.Stats())
		}
		if len(tx.Rows) > 0 || tx.Statement != nil || tx.Last && !tx.First {
			return tx
		}
		tx.Release()
	}
}

// step returns what Next does.
func (s *stream) step() (*change.Transaction, error) {
	ctx, cancel := context.WithTimeout(s.h.t.Context(), patience)
	defer cancel()
	tx, err := s.r.Next(ctx)
	if err != nil {
		return nil, err
	}
	if tx.Last {
		s.seen.Add(tx.GTID)
	}
	if tx.Statement != nil {
		s.h.tables.forget()
	}
	return tx, nil
}

// drain reads until everything that the server has executed has come, and
// returns copies of what was about the test's database.
func (s *stream) drain() []*change.Transaction {
	s.h.t.Helper()
	want := s.h.executed()
	var out []*change.Transaction
	for !s.seen.ContainsSet(want) {
		tx, err := s.step()
		if err != nil {
			s.h.t.Fatalf("next: %v (%+v)", err, s.r.Stats())
		}
		if len(tx.Rows) > 0 || tx.Statement != nil || tx.Own {
			c := *tx
			c.Rows = nil
			for _, r := range tx.Rows {
				c.Rows = append(c.Rows, change.RowChange{Op: r.Op, Flags: r.Flags, Table: r.Table,
					Before: cloneRow(r.Before), After: cloneRow(r.After)})
			}
			out = append(out, &c)
		}
		tx.Release()
	}
	return out
}

func cloneRow(r schema.Row) schema.Row {
	if r == nil {
		return nil
	}
	return r.Clone()
}

// failure reads until Next fails.
func (s *stream) failure() error {
	s.h.t.Helper()
	for {
		tx, err := s.step()
		if err != nil {
			return err
		}
		tx.Release()
	}
}

// texts shows a row for comparison; NULL is ∅.
func texts(r schema.Row) []string {
	var out []string
	for _, v := range r {
		if v == nil {
			out = append(out, "∅")
			continue
		}
		out = append(out, string(v))
	}
	return out
}

// brief shows changes for comparison.
func brief(rows []change.RowChange) []string {
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %s %s→%s", r.Op, r.Table.Table,
			strings.Join(texts(r.Before), ","), strings.Join(texts(r.After), ",")))
	}
	return out
}
