package replicate_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate"
)

// hands are the pools of tandem's user on both sides, and what the turns were.
type hands struct {
	t    *testing.T
	dbs  map[ownership.Side]*sql.DB
	mu   sync.Mutex
	seen []string
}

func (h *hands) turn(what string) replicate.Turn {
	return func(_ context.Context, _ *sql.DB, side ownership.Side, group string) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.seen = append(h.seen, fmt.Sprintf("%s %s on the %s", what, group, side))
		return nil
	}
}

// turns returns what the links were told since it was asked last, once it is n.
func (h *hands) turns(n int) []string {
	h.t.Helper()
	var got []string
	eventually(h.t, fmt.Sprintf("%d turns", n), func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		got = h.seen
		return len(got) >= n
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = nil
	return got
}

// handOver moves a group in the way that the runner does, without what is around it.
func (h *hands) handOver(from ownership.Side, group string) ownership.Record {
	h.t.Helper()
	ctx := h.t.Context()
	f, err := ownership.Raise(ctx, h.dbs[from], "m", from, []string{group}, ownership.FenceOptions{Budget: 20e9})
	must(h.t, err)
	s, err := ownership.Send(ctx, h.dbs[from], "m", ownership.Marker, from)
	must(h.t, err)
	must(h.t, ownership.AwaitSeen(ctx, h.dbs[from.Opposite()], link(from), s))
	records, err := f.HandOver(ctx, from.Opposite())
	must(h.t, err)
	return records[0]
}

// link is the name of the link that reads a side.
func link(side ownership.Side) string {
	if side == ownership.Target {
		return "m/reverse"
	}
	return "m/forward"
}

// arrived waits until both sides, and both links, know a record.
func (h *hands) arrived(r ownership.Record) {
	h.t.Helper()
	for side, db := range h.dbs {
		eventually(h.t, fmt.Sprintf("%+v on the %s", r, side), func() bool {
			own, err := ownership.Load(h.t.Context(), db, "m")
			must(h.t, err)
			learnt, err := ownership.Crossed(h.t.Context(), db, link(side.Opposite()))
			must(h.t, err)
			return own[r.Group] == r && learnt[r.Group] == r
		})
	}
}

// TestHandover moves one of two groups there and back, with changes before and
// behind, a rogue write on the side that is no owner, and a restart of the links in
// every state.
func TestHandover(t *testing.T) {
	t.Parallel()
	servers := sandboxtest.Pair(t)
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY, v INT)", "CREATE TABLE shop.b (id INT PRIMARY KEY, v INT)",
		"INSERT INTO shop.a VALUES (1,1)", "INSERT INTO shop.b VALUES (1,1)")
	h := &hands{t: t, dbs: map[ownership.Side]*sql.DB{}}
	for side, s := range map[ownership.Side]mysqldb.Endpoint{ownership.Source: endpoint(servers.Source, "source"), ownership.Target: endpoint(servers.Target, "target")} {
		db, err := mysqldb.Open(t.Context(), s, mysqldb.Options{})
		must(t, err)
		t.Cleanup(func() { db.Close() })
		h.dbs[side] = db
	}
	start := func() (*replicate.Pair, func()) {
		return runPairWith(t, servers, "shop", func(cfg *replicate.Config) {
			cfg.Groups = []string{"ga"}
			cfg.GroupOf = func(n schema.Name) string {
				if n.Table == "a" {
					return "ga"
				}
				return ownership.Default
			}
			cfg.Opening, cfg.Closing = h.turn("open"), h.turn("close")
		})
	}
	p, stop := start()
	eventually(t, "copied", func() bool { return p.Status()[0].Copy.Done && p.Status()[1].State == replicate.CaughtUp })
	value := func(db *sql.DB, query string) func(int64) {
		return func(want int64) {
			t.Helper()
			eventually(t, query, func() bool { return number(t, db, query) == want })
		}
	}

	// A canary goes there and comes back.
	c, err := ownership.Send(t.Context(), h.dbs[ownership.Source], "m", ownership.Canary, ownership.Source)
	must(t, err)
	must(t, ownership.AwaitSeen(t.Context(), h.dbs[ownership.Target], "m/forward", c))
	must(t, ownership.AwaitSeen(t.Context(), h.dbs[ownership.Source], "m/reverse", c))
	if n := number(t, source, "SELECT COUNT(*) FROM _tandem.signal") + number(t, target, "SELECT COUNT(*) FROM _tandem.signal"); n != 2 {
		t.Errorf("the canary stands in %d places", n)
	}

	sandboxtest.Exec(t, source, "UPDATE shop.a SET v=2")
	there := h.handOver(ownership.Source, "ga")
	h.arrived(there)
	if number(t, target, "SELECT v FROM shop.a") != 2 {
		t.Error("the new owner has not all that came before")
	}
	if got := h.turns(2); got[0] != "open ga on the target" || got[1] != "close ga on the source" {
		t.Errorf("turns: %q", got)
	}
	// Each group goes its own way now, statements included.
	sandboxtest.Exec(t, target, "UPDATE shop.a SET v=3", "ALTER TABLE shop.a ADD COLUMN w INT DEFAULT 7", "INSERT INTO shop.a VALUES (2,2,2)")
	sandboxtest.Exec(t, source, "UPDATE shop.b SET v=3")
	value(source, "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='shop' AND COLUMN_NAME='w'")(1)
	value(source, "SELECT SUM(v*100+w) FROM shop.a")(509)
	value(target, "SELECT v FROM shop.b")(3)
	// Rogue writes, one on each side.
	sandboxtest.Exec(t, source, "UPDATE shop.a SET v=66 WHERE id=1")
	sandboxtest.Exec(t, target, "INSERT INTO shop.b VALUES (66,66)")
	value(target, "SELECT COUNT(*) FROM _tandem.breach WHERE link='m/forward' AND table_name='shop.a' AND operation='update'")(1)
	value(source, "SELECT COUNT(*) FROM _tandem.breach WHERE link='m/reverse' AND table_name='shop.b' AND operation='insert'")(1)
	sandboxtest.Exec(t, source, "SET @tandem=1; UPDATE shop.a SET v=3 WHERE id=1") // put right by hand
	value(target, "SELECT COUNT(*) FROM _tandem.breach")(2)

	stop()
	// A table does not change its owner by a change of the file.
	regrouped := replicate.NewPair(pairConfig(t, servers, "shop")).Run(t.Context())
	if e, is := errors.AsType[*replicate.RegroupedError](regrouped); !is || e.Table.Table != "a" || e.Owner != ownership.Target || e.GroupOwner != ownership.Source {
		t.Errorf("a table was moved to another group: %v", regrouped)
	}
	sandboxtest.Exec(t, target, "UPDATE shop.a SET v=4 WHERE id=2")
	sandboxtest.Exec(t, source, "UPDATE shop.b SET v=4")
	p, stop = start()
	value(source, "SELECT v FROM shop.a WHERE id=2")(4)
	value(target, "SELECT v FROM shop.b WHERE id=1")(4)
	back := h.handOver(ownership.Target, "ga")
	stop() // wherever it is just now
	_, stop = start()
	h.arrived(back)
	if back.Epoch != there.Epoch+1 || back.Owner != ownership.Source {
		t.Errorf("back again: %+v", back)
	}
	got := map[string]bool{}
	for _, turn := range h.turns(2) {
		got[turn] = true
	}
	if len(got) != 2 || !got["open ga on the source"] || !got["close ga on the target"] {
		t.Errorf("turns on the way back: %v", got)
	}
	sandboxtest.Exec(t, source, "UPDATE shop.a SET v=9")
	value(target, "SELECT SUM(v) FROM shop.a")(18)
	stop()
	if n := number(t, target, "SELECT COUNT(*) FROM _tandem.breach") + number(t, source, "SELECT COUNT(*) FROM _tandem.breach"); n != 3 {
		t.Errorf("%d breaches", n)
	}
}

// TestDeadOwner takes a group over from a target that is dead, and lets that come
// back with transactions that nobody has seen: they are breaches, and never applied.
func TestDeadOwner(t *testing.T) {
	t.Parallel()
	servers := sandboxtest.Pair(t)
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY, v INT)", "INSERT INTO shop.a VALUES (1,1),(2,2)")
	h := &hands{t: t, dbs: map[ownership.Side]*sql.DB{}}
	for side, s := range map[ownership.Side]mysqldb.Endpoint{ownership.Source: endpoint(servers.Source, "source"), ownership.Target: endpoint(servers.Target, "target")} {
		db, err := mysqldb.Open(t.Context(), s, mysqldb.Options{})
		must(t, err)
		t.Cleanup(func() { db.Close() })
		h.dbs[side] = db
	}
	start := func() (*replicate.Pair, func()) {
		return runPairWith(t, servers, "shop", func(cfg *replicate.Config) {
			cfg.Opening, cfg.Closing = h.turn("open"), h.turn("close")
		})
	}
	p, stop := start()
	eventually(t, "copied", func() bool { return p.Status()[0].Copy.Done && p.Status()[1].State == replicate.CaughtUp })
	h.arrived(h.handOver(ownership.Source, ownership.Default))
	h.turns(2)
	stop()
	// Nobody carries these.
	sandboxtest.Exec(t, target, "UPDATE shop.a SET v=20 WHERE id=2", "INSERT INTO shop.a VALUES (3,3)")
	must(t, servers.Target.Kill())
	records, err := ownership.TakeOver(t.Context(), h.dbs[ownership.Source], "m", ownership.Source, []string{ownership.Default})
	must(t, err)
	sandboxtest.Exec(t, source, "UPDATE shop.a SET v=10 WHERE id=1")
	must(t, servers.Target.Restart(t.Context()))
	_, stop = start()
	h.arrived(records[0])
	eventually(t, "the change of the new owner", func() bool { return number(t, target, "SELECT v FROM shop.a WHERE id=1") == 10 })
	eventually(t, "breaches are kept", func() bool {
		return number(t, source, "SELECT COUNT(*) FROM _tandem.breach WHERE link='m/reverse'") == 2
	})
	if n := number(t, source, "SELECT SUM(v) FROM shop.a"); n != 12 {
		t.Errorf("the source has %d: something of the dead owner's was applied", n)
	}
	if got := h.turns(1); got[0] != "close default on the target" {
		t.Errorf("turns: %q", got)
	}
	stop()
	// What was taken over is known from the records alone from now on.
	p, stop = start()
	sandboxtest.Exec(t, source, "UPDATE shop.a SET v=11 WHERE id=1")
	eventually(t, "a change after a restart", func() bool { return number(t, target, "SELECT v FROM shop.a WHERE id=1") == 11 })
	eventually(t, "both links run", func() bool { return p.Status()[1].State == replicate.CaughtUp })
	stop()
}
