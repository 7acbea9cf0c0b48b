package steps

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// bench is a run of one stage with one group, g, and what is around it.
type bench struct {
	t      *testing.T
	run    *runner.Run
	links  *fakeLinks
	parity *fakeParity
	clock  *clock
	notes  *notes

	// Only with servers.
	source *sandbox.Server
	root   *sql.DB // to the source
	schema string
	tables []schema.Name
	vars   map[string]string
}

// plain is a bench without servers.
func plain(t *testing.T, terms plans.Terms) *bench {
	t.Helper()
	b := &bench{t: t, links: newFakeLinks(), parity: &fakeParity{}, clock: &clock{now: time.Unix(1e9, 0)}, notes: &notes{}, vars: map[string]string{}}
	b.tables = []schema.Name{{Schema: "shop", Table: "a"}, {Schema: "shop", Table: "b"}}
	b.make(terms, nil)
	return b
}

func (b *bench) make(terms plans.Terms, sides map[ownership.Side]runner.Database) {
	b.run = runner.NewRun(runner.Run{
		ID: "run1", Migration: "m", Stage: "one", Groups: []string{"g"}, Terms: terms, Dir: b.t.TempDir(),
		Links: b.links, Parity: b.parity, Now: b.clock.Now,
		LookupEnv: func(name string) (string, bool) { v, set := b.vars[name]; return v, set },
	}, ownership.Source, sides, map[string][]schema.Name{"g": b.tables}, b.notes.add)
}

// withServers is a bench on a pair, with two tables on the source.
func withServers(t *testing.T, pair *sandbox.Pair, database string, terms plans.Terms) *bench {
	t.Helper()
	b := plain(t, terms)
	b.source, b.schema = pair.Source, database
	b.root = sandboxtest.RootDB(t, pair.Source, "")
	b.tables = []schema.Name{{Schema: database, Table: "a"}, {Schema: database, Table: "b"}}
	b.exec("CREATE DATABASE IF NOT EXISTS "+database,
		"CREATE TABLE "+database+".a (id INT PRIMARY KEY, v INT)", "CREATE TABLE "+database+".b (id INT PRIMARY KEY, v INT)",
		"INSERT INTO "+database+".a VALUES (1, 1), (2, 2)", "INSERT INTO "+database+".b VALUES (1, 1)")
	sides := map[ownership.Side]runner.Database{}
	for side, server := range map[ownership.Side]*sandbox.Server{ownership.Source: pair.Source, ownership.Target: pair.Target} {
		e := mysqldb.Endpoint{Name: string(side), Addr: server.Addr(), User: sandbox.UserTandem,
			Password: func(context.Context) (string, error) { return server.Password(), nil }}
		db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		sides[side] = runner.Database{DB: db, Endpoint: e}
	}
	b.clock.real = true
	b.make(terms, sides)
	b.run.Migration = database
	return b
}

func shared(t *testing.T, terms plans.Terms) *bench {
	t.Helper()
	pair := sandboxtest.Shared(t)
	return withServers(t, pair.Pair, pair.Database, terms)
}

func shared56(t *testing.T, terms plans.Terms) *bench {
	t.Helper()
	pair := sandboxtest.Shared56(t)
	return withServers(t, pair.Pair, pair.Database, terms)
}

func (b *bench) exec(statements ...string) {
	b.t.Helper()
	sandboxtest.Exec(b.t, b.root, statements...)
}

// check asks a gate.
func (b *bench) check(g runner.Gate) runner.Reading {
	b.t.Helper()
	got, err := g.Check(b.t.Context(), b.run)
	if err != nil {
		b.t.Fatal(err)
	}
	if got.Says == "" {
		b.t.Error("a gate that says nothing")
	}
	return got
}

// holds and waits ask a gate, and want one answer or the other.
func (b *bench) holds(g runner.Gate) runner.Reading {
	b.t.Helper()
	got := b.check(g)
	if !got.Holds {
		b.t.Errorf("it does not hold: %s", got.Says)
	}
	return got
}

func (b *bench) waits(g runner.Gate) runner.Reading {
	b.t.Helper()
	got := b.check(g)
	if got.Holds {
		b.t.Errorf("it holds: %s", got.Says)
	}
	return got
}

// becomes asks a gate until it holds or does not, whichever is wanted.
func (b *bench) becomes(g runner.Gate, holds bool) runner.Reading {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(refreshed) {
		got := b.check(g)
		if got.Holds == holds {
			return got
		}
		if time.Now().After(end) {
			b.t.Fatalf("holds: %v, for long: %s", got.Holds, got.Says)
		}
	}
}

// clock stands still unless it is told otherwise.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	real bool
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real {
		return time.Now()
	}
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type notes struct {
	mu  sync.Mutex
	all []journal.Data
}

func (n *notes) add(d journal.Data) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, d)
}

func (n *notes) take() []journal.Data {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.all
	n.all = nil
	return all
}

type fakeLinks struct {
	mu     sync.Mutex
	states map[runner.Direction]runner.LinkState
	err    error
}

func newFakeLinks() *fakeLinks {
	fine := runner.LinkState{Running: true, State: "streaming", Streaming: true, LagKnown: true}
	return &fakeLinks{states: map[runner.Direction]runner.LinkState{runner.Forward: fine, runner.Reverse: fine}}
}

func (f *fakeLinks) State(_ context.Context, d runner.Direction) (runner.LinkState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.states[d], f.err
}

func (f *fakeLinks) set(d runner.Direction, change func(*runner.LinkState)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.states[d]
	change(&s)
	f.states[d] = s
}

type fakeParity struct {
	at         time.Time
	problems   []string
	mismatches []string
	err        error
	refreshed  int
	refresh    func(*fakeParity) error
}

func (f *fakeParity) Proven(context.Context, []string) (time.Time, []string, error) {
	return f.at, f.problems, f.err
}

func (f *fakeParity) Refresh(context.Context, []string) error {
	f.refreshed++
	if f.refresh == nil {
		return errors.New("nothing can be compared")
	}
	return f.refresh(f)
}

func (f *fakeParity) Open(context.Context, []string) (runner.Comparison, error) {
	return nil, errors.New("not here")
}

func (f *fakeParity) Mismatches(context.Context, []string) ([]string, error) {
	return f.mismatches, f.err
}

// pairOfOwn is a pair that this test may kill.
func pairOfOwn(t *testing.T, options ...sandboxtest.Option) *sandbox.Pair {
	t.Helper()
	return sandboxtest.Pair(t, options...)
}
