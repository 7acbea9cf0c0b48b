package copier_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate/applier"
	"tandem/replicate/copier"
)

// lab is a source database with its empty tables on the target, enrolled for a
// link of the test's own.
type lab struct {
	t        *testing.T
	pair     *sandboxtest.SharedPair
	source   *sql.DB
	target   *sql.DB
	registry *catalog.Registry
	from     change.GTIDSet
	epoch    uint64
	change   func(*copier.Config)
	// behind makes the stream stand where the lab began, however far it is.
	behind atomic.Bool
	look   *sql.DB
}

// position is where the stream stands: at the end of the source's log, unless
// the test says otherwise.
func (l *lab) position() change.GTIDSet {
	if l.behind.Load() {
		return l.from
	}
	set, err := mysqldb.Executed(context.Background(), l.look)
	if err != nil {
		l.t.Error(err)
	}
	return set
}

func endpoint(s *sandbox.Server, side string) mysqldb.Endpoint {
	return mysqldb.Endpoint{
		Name: side, Network: "tcp", Addr: s.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return s.Password(), nil },
	}
}

func newLab(t *testing.T, pair *sandboxtest.SharedPair, statements ...string) *lab {
	t.Helper()
	return newLabDeferring(t, pair, false, statements...)
}

// newLabDeferring is newLab; the tables are made without their secondary indexes
// if deferring is set.
func newLabDeferring(t *testing.T, pair *sandboxtest.SharedPair, deferring bool, statements ...string) *lab {
	t.Helper()
	ctx := t.Context()
	l := &lab{t: t, pair: pair, source: pair.SourceDB(t), look: pair.SourceDB(t)}
	var err error
	if l.target, err = mysqldb.Open(ctx, endpoint(pair.Target, "target"), mysqldb.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.target.Close() })
	l.source.SetMaxOpenConns(1)
	sandboxtest.Exec(t, l.source, statements...)
	tables, err := catalog.Load(ctx, l.source, func(n schema.Name) bool { return n.Schema == pair.Database })
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, l.target, applier.Tables[:]...)
	sandboxtest.Exec(t, l.target, copier.Tables[:]...)
	var d catalog.Deferring
	if deferring {
		d.Keep = func(ctx context.Context, d catalog.Deferral) error {
			return copier.KeepDeferral(ctx, l.target, pair.Database, d)
		}
	}
	if _, err := catalog.CreateDeferring(ctx, l.source, l.target, tables, d); err != nil {
		t.Fatal(err)
	}
	if tables, err = catalog.Load(ctx, l.target, func(n schema.Name) bool { return n.Schema == pair.Database }); err != nil {
		t.Fatal(err)
	}
	l.registry = catalog.NewRegistry(tables)
	l.inTx(func(tx *sql.Tx) error { return copier.Enroll(ctx, tx, pair.Database, tables) })
	if l.from, err = mysqldb.Executed(ctx, l.source); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) inTx(f func(*sql.Tx) error) {
	l.t.Helper()
	tx, err := l.target.BeginTx(l.t.Context(), nil)
	if err == nil {
		err = errors.Join(f(tx), tx.Commit())
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// prepare returns a copier that has taken the link over.
func (l *lab) prepare() *copier.Copier {
	l.t.Helper()
	l.epoch++
	cfg := copier.Config{
		Link: l.pair.Database, Epoch: l.epoch,
		Source: endpoint(l.pair.Source, "source"), Target: endpoint(l.pair.Target, "target"),
		Tables: l.registry.Tables(), Lookup: l.registry.Table, From: l.from,
		Position:       l.position,
		CascadesLogged: l.pair.Source.Install().AtLeast(9, 6, 0),
		ExecutedEarly:  !l.pair.Source.Install().AtLeast(5, 7, 0),
	}
	if l.change != nil {
		l.change(&cfg)
	}
	c := copier.New(cfg)
	if err := c.Prepare(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	return c
}

// copyAll copies while a stream without changes stands at the end of the binlog.
func (l *lab) copyAll() (*copier.Copier, error) {
	c := l.prepare()
	return c, l.idle(l.t.Context(), c)
}

// idle runs a copier while a stream without changes stands at the end of the
// binlog.
func (l *lab) idle(ctx context.Context, c *copier.Copier) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var stop atomic.Bool
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		for !stop.Load() {
			if end, err := mysqldb.BinlogEnd(ctx, l.look); err == nil {
				c.Moved(end)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	err := c.Run(ctx)
	stop.Store(true)
	<-idle
	return err
}

func (l *lab) requireEqual() {
	l.t.Helper()
	v, err := sandbox.Compare(l.t.Context(), l.pair.Source, l.pair.Target, []string{l.pair.Database})
	if err != nil {
		l.t.Fatal(err)
	}
	if !v.Equal {
		l.t.Error(v.String())
	}
}
