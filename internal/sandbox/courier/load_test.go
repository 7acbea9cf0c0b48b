package courier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

func TestLoadPlaysEverything(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		p.seed(t, courier.SeedOptions{})
		// Prepared statements on the one, text on the other.
		db := p.app(t, p.name == "newest")
		stats, err := courier.Load(t.Context(), db, courier.LoadOptions{
			Transactions: 1500, Workers: 4, BlobBytes: 100_000, // three decks for somebody, and about 3 s
		})
		t.Logf("%+v", stats)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range courier.Operations() {
			if stats.Operations[name] == 0 {
				t.Errorf("%s was never played", name)
			}
		}
		if err := courier.Check(t.Context(), p.db); err != nil {
			t.Error(err)
		}
		// What the load did is in the tables, not only in its figures.
		seen := map[string]string{
			"created":          "shipments WHERE tracking LIKE 'R%'",
			"deleted":          "audit WHERE action = 'deleted'",
			"renamed":          "vouchers WHERE code LIKE 'Renamed-%'",
			"ignored":          "vouchers WHERE code LIKE 'Ignore-%'",
			"handed":           "lockers WHERE handed > 1",
			"paid again":       "payouts WHERE changes > 0",
			"hired":            "drivers WHERE phone LIKE 'h%'",
			"moved far":        "report_daily WHERE day > '2027-01-01'",
			"incident kept":    "incidents WHERE case_no LIKE 'i%'",
			"ledger entries":   "ledger WHERE writer > 0",
			"ledger shrunk":    "DUAL WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE writer = 0 AND n = 1)",
			"transfers":        "accounts WHERE version > 0",
			"replaced reports": "report_daily WHERE revenue = -0.01",
		}
		for what, from := range seen {
			if n := value[int](t, p.db, "SELECT COUNT(*) FROM "+from); n == 0 {
				t.Errorf("no trace of: %s", what)
			}
		}
		for what, from := range map[string]string{
			"rolled back to the savepoint": "incidents WHERE report = 'undone'",
			"swap in between":              "vouchers WHERE code LIKE 'between-%'",
		} {
			if n := value[int](t, p.db, "SELECT COUNT(*) FROM "+from); n != 0 {
				t.Errorf("%d traces of: %s", n, what)
			}
		}
	})
}

func TestLoadKeepsItsRate(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		p.seed(t, courier.SeedOptions{Size: 50, WithoutLedger: true})
		calls := 0
		stats, err := courier.Load(t.Context(), p.app(t, true), courier.LoadOptions{
			TPS: 40, Duration: 2500 * time.Millisecond, Workers: 2, Without: []string{"roll_back", "add_positions"},
			Progress: func(courier.LoadStats) { calls++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		// A hundred fall due. On a busy machine the last may come too late.
		if n := ended(stats); n > 100 || n < 100 && stats.Max < 100*time.Millisecond {
			t.Errorf("%d transactions at 40 a second for 2.5 s: %+v", n, stats)
		}
		for _, name := range []string{"roll_back", "add_positions", "ledger", "change_ledger", "blob"} {
			if n := stats.Operations[name]; n != 0 {
				t.Errorf("%s was played %d times", name, n)
			}
		}
		if calls < 2 {
			t.Errorf("progress was shown %d times", calls)
		}
		if stats.P50 <= 0 || stats.P50 > stats.P99 || stats.P99 > stats.Max || stats.LongestGap <= 0 {
			t.Errorf("odd figures: %+v", stats)
		}
	})
}

func ended(s courier.LoadStats) int64 {
	n := s.Abandoned
	for _, played := range s.Operations {
		n += played
	}
	return n + s.Errors[courier.Duplicate] + s.Errors[courier.ForeignKey]
}

func TestLoadCountsTransactions(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		p.seed(t, courier.SeedOptions{Size: 50})
		db := p.app(t, true)
		stats, err := courier.Load(t.Context(), db, courier.LoadOptions{Transactions: 120, Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if n := ended(stats); n != 120 {
			t.Errorf("%d transactions instead of 120: %+v", n, stats)
		}
		if n := db.Stats().InUse; n != 0 {
			t.Errorf("%d connections are still in use", n)
		}
		// A second run goes on where the first has ended, and what it writes
		// collides with nothing.
		stats, err = courier.Load(t.Context(), db, courier.LoadOptions{Transactions: 300, Workers: 1})
		if err != nil || stats.Errors[courier.Duplicate] > 5 || stats.Errors[courier.ForeignKey] > 0 {
			t.Errorf("second run: %v, %+v", err, stats)
		}
		if err := courier.Check(t.Context(), p.db); err != nil {
			t.Error(err)
		}
	})
}

func TestLoadStopsWithItsContext(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		p.seed(t, courier.SeedOptions{Size: 50})
		db := p.app(t, true)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stats, err := courier.Load(ctx, db, courier.LoadOptions{Progress: func(s courier.LoadStats) {
			if s.Committed > 0 {
				cancel()
			}
		}})
		if err != nil {
			t.Errorf("stopping on purpose is an error: %v", err)
		}
		if stats.Committed == 0 || stats.Elapsed > 30*time.Second {
			t.Errorf("figures after the stop: %+v", stats)
		}
		if n := db.Stats().InUse; n != 0 {
			t.Errorf("%d connections are still in use", n)
		}
		if err := courier.Check(t.Context(), p.db); err != nil {
			t.Error(err)
		}
	})
}

// Somebody else's lock holds up the workers for longer than anybody waits; the
// load must end all the same.
func TestLoadStopsWhileHeldUp(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		p.seed(t, courier.SeedOptions{Size: 50})
		tx, err := p.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		held := false
		stats, err := courier.Load(ctx, p.app(t, true), courier.LoadOptions{Workers: 2, TPS: 300, Progress: func(s courier.LoadStats) {
			switch {
			case !held && s.Committed > 0:
				held = true
				if _, err := tx.ExecContext(ctx, "UPDATE counters SET value = value; SELECT * FROM counters FOR UPDATE"); err != nil {
					t.Errorf("lock the counters: %v", err)
				}
			case held && s.Recent == 0:
				cancel()
			}
		}})
		if err != nil {
			t.Error(err)
		}
		if stats.LongestGap < time.Second || stats.Elapsed > 40*time.Second {
			t.Errorf("figures after being held up: %+v", stats)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		if err := courier.Check(t.Context(), p.db); err != nil {
			t.Error(err)
		}
	})
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		db := p.app(t, true)
		if _, err := courier.Load(t.Context(), db, courier.LoadOptions{Transactions: 1}); err == nil || !strings.Contains(err.Error(), "has the database been seeded") {
			t.Errorf("load on an empty database: %v", err)
		}
		p.seed(t, courier.SeedOptions{Size: 20})
		for name, opts := range map[string]courier.LoadOptions{
			"negative rate":     {TPS: -1},
			"unknown operation": {Without: []string{"dance"}},
			"nothing left":      {Without: courier.Operations()},
		} {
			opts.Transactions = 1
			if _, err := courier.Load(t.Context(), db, opts); err == nil {
				t.Errorf("%s was accepted", name)
			}
		}
	})
}

// A guard's refusal ends a load, unless it may go on: then it is counted and
// the rest is played.
func TestLoadIsRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		p.seed(t, courier.SeedOptions{Size: 50})
		sandboxtest.Exec(t, p.db, "CREATE TRIGGER guard BEFORE UPDATE ON accounts FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'owned by target'")
		db := p.app(t, true)
		_, err := courier.Load(t.Context(), db, courier.LoadOptions{Workers: 1, Transactions: 500})
		if courier.Classify(err) != courier.Refused || !strings.Contains(err.Error(), "owned by target") {
			t.Errorf("class %q of %v", courier.Classify(err), err)
		}
		stats, err := courier.Load(t.Context(), db, courier.LoadOptions{Workers: 1, Transactions: 130, Reconnect: true})
		if err != nil {
			t.Fatal(err)
		}
		if stats.Errors[courier.Refused] == 0 || stats.Operations["transfer"] != 0 || stats.Operations["create_shipment"] == 0 {
			t.Errorf("figures beside a guard: %+v", stats)
		}
		if err := courier.Check(t.Context(), p.db); err != nil {
			t.Error(err)
		}
	})
}

func TestLoadSurvivesRestart(t *testing.T) {
	t.Parallel()
	for _, reconnect := range []bool{true, false} {
		t.Run(map[bool]string{true: "reconnect", false: "give up"}[reconnect], func(t *testing.T) {
			t.Parallel()
			server, err := sandbox.Start(t.Context(), sandbox.Options{Install: sandboxtest.Install(t, sandbox.Any)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := server.Kill(); err != nil {
					t.Error(err)
				}
				if err := server.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
			root := server.RootConfig()
			if err := courier.CreateDatabase(t.Context(), open(t, root), courier.Database); err != nil {
				t.Fatal(err)
			}
			root.DBName = courier.Database
			p := place{server: server, db: open(t, root), named: courier.Database}
			p.seed(t, courier.SeedOptions{Size: 100})

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			figures := make(chan courier.LoadStats, 1000)
			ended := make(chan error, 1)
			go func() {
				_, err := courier.Load(ctx, p.app(t, true), courier.LoadOptions{
					TPS: 200, Reconnect: reconnect, Progress: func(s courier.LoadStats) { figures <- s },
				})
				ended <- err
			}()
			before := wait(t, figures, func(s courier.LoadStats) bool { return s.Committed > 20 })
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
			if !reconnect {
				if err := <-ended; courier.Classify(err) != courier.Connection {
					t.Errorf("class %q of %v", courier.Classify(err), err)
				}
				return
			}
			if err := server.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			after := wait(t, figures, func(s courier.LoadStats) bool { return s.Reconnects > 0 && s.Committed > before.Committed+50 })
			if after.Errors[courier.Connection]+after.Errors[courier.Unknown] == 0 {
				t.Errorf("no connection was lost: %+v", after)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := courier.Check(t.Context(), p.db); err != nil {
				t.Error(err)
			}
		})
	}
}

func wait(t *testing.T, figures <-chan courier.LoadStats, enough func(courier.LoadStats) bool) courier.LoadStats {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case s := <-figures:
			if enough(s) {
				return s
			}
		case <-deadline:
			t.Fatal("the load did not get there within a minute")
		}
	}
}
