package touched_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem/cmd/internal/touched"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/replicate/applier"
	"tandem/verify"
)

// shop is a migration of two tables in two groups, with both links, and an
// application that writes the first table on the side that owns it, the second on
// the source.
type shop struct {
	t     *testing.T
	root  map[ownership.Side]*sql.DB
	dbs   map[ownership.Side]*sql.DB
	pair  *replicate.Pair
	cfg   verify.Config
	logs  [2]*touched.Changes
	owner ownership.Side

	pause  sync.RWMutex // held by a write of the application, and by a handover
	writes atomic.Int64
	stop   func()
}

type running struct {
	pair  *replicate.Pair
	which int
}

func (r running) Applied(context.Context) (change.GTIDSet, error) {
	return change.ParseGTIDSet(r.pair.Status()[r.which].Applied.GTID)
}

func newShop(t *testing.T) *shop {
	t.Helper()
	servers := sandboxtest.Pair(t)
	s := &shop{t: t, owner: ownership.Source, dbs: map[ownership.Side]*sql.DB{}, root: map[ownership.Side]*sql.DB{
		ownership.Source: sandboxtest.RootDB(t, servers.Source, ""), ownership.Target: sandboxtest.RootDB(t, servers.Target, ""),
	}}
	insert := "VALUES (1,1)"
	for i := 2; i <= 1000; i++ {
		insert += fmt.Sprintf(",(%d,%d)", i, i)
	}
	sandboxtest.Exec(t, s.root[ownership.Source], "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY, v INT)",
		"CREATE TABLE shop.b (id INT PRIMARY KEY, v INT)", "INSERT INTO shop.a "+insert, "INSERT INTO shop.b "+insert)
	source, target := endpoint("source", servers.Source), endpoint("target", servers.Target)
	for side, e := range map[ownership.Side]mysqldb.Endpoint{ownership.Source: source, ownership.Target: target} {
		db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{})
		must(t, err)
		t.Cleanup(func() { db.Close() })
		s.dbs[side] = db
	}
	wanted := func(n schema.Name) bool { return n.Schema == "shop" }
	group := func(n schema.Name) string {
		if n.Table == "a" {
			return "ga"
		}
		return ownership.Default
	}
	s.pair = replicate.NewPair(replicate.Config{
		Migration: "m", Source: source, Target: target, Tables: wanted, Schemas: func(n string) bool { return n == "shop" },
		Groups: []string{"ga"}, GroupOf: group, ServerID: 3_000_000_000, Workers: 2, ChunkBytes: 1 << 20, DeferFrom: 1,
		SpoolDir: t.TempDir(), SpoolMemory: 16 << 20, OnStatement: applier.Apply, OnConflict: applier.Stop,
	})
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.pair.Run(ctx) }()
	t.Cleanup(func() {
		cancel(errors.New("the test is over"))
		if err := <-ended; err != nil {
			t.Errorf("links: %v", err)
		}
	})
	s.until("copied", func() bool {
		return s.pair.Status()[0].Copy.Done && s.pair.Status()[1].State == replicate.CaughtUp
	})
	s.cfg = verify.Config{
		Migration: "m", Source: source, Target: target, Tables: wanted, Group: group, Fresh: true,
		Link: running{s.pair, 0}, Reverse: running{s.pair, 1},
	}
	for i, e := range []mysqldb.Endpoint{source, target} {
		s.logs[i] = &touched.Changes{Server: e, ServerID: uint32(4720 + i), Tables: wanted, SpoolDir: t.TempDir()}
	}
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shop) until(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited too long for: %s", what)
		}
	}
}

// load begins to write.
func (s *shop) load() {
	ctx, cancel := context.WithCancel(s.t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			s.pause.RLock()
			_, err := s.root[s.owner].Exec(fmt.Sprintf("UPDATE shop.a SET v=v+1 WHERE id IN (%d,%d)", n%500+1, n%7+1))
			_, other := s.root[ownership.Source].Exec(fmt.Sprintf("UPDATE shop.b SET v=v+1 WHERE id=%d", n%500+1))
			s.pause.RUnlock()
			if err := errors.Join(err, other); err != nil {
				s.t.Error(err)
				return
			}
			s.writes.Add(1)
			time.Sleep(2 * time.Millisecond) // a person behind it
		}
	})
	s.stop = func() { cancel(); wait.Wait() }
	s.t.Cleanup(func() { s.stop() })
}

// written waits until the application has written somewhat more.
func (s *shop) written() {
	s.t.Helper()
	n := s.writes.Load() + 20
	s.until("writes", func() bool { return s.writes.Load() > n })
}

// handOver moves ga, with a comparison in the pause.
func (s *shop) handOver() {
	s.t.Helper()
	ctx, from := s.t.Context(), s.owner
	cfg := s.cfg
	cfg.Tables = func(n schema.Name) bool { return n == schema.Name{Schema: "shop", Table: "a"} }
	session, err := verify.OpenTouched(ctx, cfg, verify.Followers{Source: s.logs[0], Target: s.logs[1]})
	must(s.t, err)
	s.written()
	s.pause.Lock()
	defer s.pause.Unlock()
	f, err := ownership.Raise(ctx, s.dbs[from], "m", from, []string{"ga"}, ownership.FenceOptions{Budget: 60e9})
	must(s.t, err)
	link := map[ownership.Side]string{ownership.Source: "m/forward", ownership.Target: "m/reverse"}[from]
	marker, err := ownership.Send(ctx, s.dbs[from], "m", ownership.Marker, from)
	must(s.t, err)
	must(s.t, ownership.AwaitSeen(ctx, s.dbs[from.Opposite()], link, marker))
	began := time.Now()
	r, err := session.Compare(ctx)
	must(s.t, err)
	s.t.Logf("from the %s: %d rows compared in %v: %s", from, r.Totals.Rows, time.Since(began), r.Outcome)
	if r.Outcome != verify.Equal {
		s.t.Errorf("in the pause: %+v", r.Tables)
	}
	records, err := f.HandOver(ctx, from.Opposite())
	must(s.t, err)
	must(s.t, session.Close())
	s.owner = from.Opposite()
	s.until("the handover to cross", func() bool {
		own, err := ownership.Load(ctx, s.dbs[s.owner], "m")
		must(s.t, err)
		return own["ga"] == records[0]
	})
}

// full and since compare, and fail on what is false.
func (s *shop) full() *verify.Report {
	s.t.Helper()
	r, err := verify.Run(s.t.Context(), s.cfg)
	must(s.t, err)
	return r
}

func (s *shop) since() *verify.Report {
	s.t.Helper()
	r, err := verify.TouchedSince(s.t.Context(), s.cfg, verify.Logs{Source: s.logs[0], Target: s.logs[1]})
	must(s.t, err)
	return r
}

func (s *shop) noFalse(what string, r *verify.Report) {
	s.t.Helper()
	if c := r.Totals.Counts; c.Missing+c.Extra+c.Different+c.CollationOnly+c.Unresolved > 0 || r.Totals.Skipped > 0 {
		s.t.Errorf("%s: %+v %+v", what, r.Totals, r.Tables)
	}
}

// found wants one row to differ.
func (s *shop) found(what string, r *verify.Report, key string) {
	s.t.Helper()
	var got []string
	for _, t := range r.Tables {
		for _, f := range t.Findings {
			got = append(got, t.Table+" "+string(f.Class)+" "+f.Key)
		}
	}
	if len(got) != 1 || got[0] != "a different "+key {
		s.t.Errorf("%s: found %q, want %s", what, got, key)
	}
}

// rogue changes a row of a on a side, so that no log has it.
func (s *shop) rogue(side ownership.Side, set string) {
	s.t.Helper()
	conn, err := s.root[side].Conn(s.t.Context())
	must(s.t, err)
	defer conn.Close()
	for _, q := range []string{"SET sql_log_bin=0", "UPDATE shop.a SET " + set, "SET sql_log_bin=1"} {
		_, err := conn.ExecContext(s.t.Context(), q)
		must(s.t, err)
	}
}

// TestParityWhoeverOwns compares before, between and after a handover there and
// back under load, with rows that go wrong on the side that is no owner.
func TestParityWhoeverOwns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.noFalse("at first", s.full())
	s.load()
	s.handOver()
	for n := range 4 {
		s.written()
		s.noFalse(fmt.Sprint("all rows, round ", n), s.full())
		s.noFalse(fmt.Sprint("touched rows, round ", n), s.since())
	}

	// What the owner has touched and is wrong on the other side is found, wherever
	// rows are read from; what nobody has touched, by all rows only.
	s.stop()
	s.carried()
	s.noFalse("at rest", s.since())
	began, err := mysqldb.Executed(t.Context(), s.dbs[ownership.Target])
	must(t, err)
	sandboxtest.Exec(t, s.root[ownership.Target], "UPDATE shop.a SET v=5 WHERE id=900")
	s.until("it comes back", func() bool { return s.value(ownership.Source, 900) == 5 })
	s.rogue(ownership.Source, "v=6 WHERE id IN (900,950)")
	r, err := verify.Since(t.Context(), s.cfg, verify.Logs{Source: s.logs[0], Target: s.logs[1]}, began)
	must(t, err)
	s.found("behind a position of the target", r, "900")
	if r.Totals.Skipped != 1 {
		t.Errorf("of the source's table nothing is known, and %d are skipped", r.Totals.Skipped)
	}
	r = s.since()
	s.found("touched", r, "900")
	if r.Totals.Rows != 1 {
		t.Errorf("%d rows were compared for one that was touched", r.Totals.Rows)
	}
	if r := s.full(); r.Totals.Different != 2 {
		t.Errorf("all rows: %+v", r.Totals)
	}
	s.rogue(ownership.Source, "v=5 WHERE id=900")
	s.rogue(ownership.Source, "v=950 WHERE id=950")
	s.noFalse("mended", s.since())

	// What was touched after the last comparison, and before the way back, is found
	// after it: the old owner's log is read.
	sandboxtest.Exec(t, s.root[ownership.Target], "UPDATE shop.a SET v=7 WHERE id=901")
	s.until("it comes back", func() bool { return s.value(ownership.Source, 901) == 7 })
	s.load()
	s.handOver()
	s.rogue(ownership.Target, "v=8 WHERE id=901")
	s.written()
	s.stop()
	s.found("after the way back", s.since(), "901")
	s.rogue(ownership.Target, "v=7 WHERE id=901")
	s.noFalse("mended on the target", s.since())
	v, err := verify.ReadVerified(t.Context(), s.dbs[ownership.Target], "m")
	must(t, err)
	if len(v) != 2 || v[0].Epoch != 3 || v[1].Epoch != 1 || v[0].Mismatches != 0 {
		t.Errorf("%+v", v)
	}
}

// carried waits until both links have carried what was written up to now.
func (s *shop) carried() {
	s.t.Helper()
	for side, link := range map[ownership.Side]verify.Link{ownership.Source: s.cfg.Link, ownership.Target: s.cfg.Reverse} {
		at, err := mysqldb.Executed(s.t.Context(), s.dbs[side])
		must(s.t, err)
		s.until("the links", func() bool {
			applied, err := link.Applied(s.t.Context())
			must(s.t, err)
			return applied.ContainsSet(at)
		})
	}
}

func (s *shop) value(side ownership.Side, id int) (v int) {
	s.t.Helper()
	must(s.t, s.root[side].QueryRow(fmt.Sprintf("SELECT v FROM shop.a WHERE id=%d", id)).Scan(&v))
	return v
}

// TestHandoverMeanwhile hands over there and back again and again while rows are
// compared: none is taken for wrong. A row that is wrong at last on the side that is
// no owner is found by the watch that saw all this.
func TestHandoverMeanwhile(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.noFalse("at first", s.full())
	s.load()
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	rounds, turns := 0, 0
	var hold, wrong atomic.Bool
	held, goOn, found := make(chan struct{}), make(chan struct{}), make(chan *verify.Report, 1)
	cfg := s.cfg
	cfg.HandedOver = func() { turns++ }
	logs := verify.Logs{Source: &touched.Changes{}, Target: &touched.Changes{}}
	for i, to := range []verify.Changes{logs.Source, logs.Target} {
		c := to.(*touched.Changes)
		*c = *s.logs[i]
		c.ServerID, c.SpoolDir = uint32(4730+i), t.TempDir()
	}
	watching.Go(func() {
		err := verify.Watch(ctx, cfg, logs, func(r *verify.Report) {
			rounds++
			if wrong.Load() {
				if r.Outcome == verify.Mismatch {
					cancel()
					found <- r
				}
				return
			}
			if hold.Load() {
				held <- struct{}{}
				<-goOn
			}
			if c := r.Totals.Counts; c.Missing+c.Extra+c.Different > 0 {
				t.Errorf("round %d: %+v %+v", rounds, r.Totals, r.Tables)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	for range 3 {
		s.handOver()
		s.written()
		if c := s.full().Totals.Counts; c.Missing+c.Extra+c.Different > 0 {
			t.Errorf("all rows: %+v", c)
		}
	}
	s.stop()
	s.carried()
	hold.Store(true)
	<-held
	sandboxtest.Exec(t, s.root[ownership.Target], "UPDATE shop.a SET v=5 WHERE id=900")
	s.carried()
	s.rogue(ownership.Source, "v=6 WHERE id=900")
	wrong.Store(true)
	close(goOn)
	select {
	case r := <-found:
		s.found("by the watch", r, "900")
	case <-time.After(time.Minute):
		t.Error("the watch has not found a wrong row")
	}
	s.rogue(ownership.Source, "v=5 WHERE id=900")
	cancel()
	watching.Wait()
	if rounds == 0 || turns == 0 {
		t.Errorf("%d rounds, %d handovers seen", rounds, turns)
	}
	s.noFalse("at last", s.full())
}
