package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

// TestKilledManyTimes kills the program with SIGKILL at random moments of copy
// and stream while the application works, and starts it again each time. In the
// end the target is equal to the source, and keeps every rule of the sample
// data. TANDEM_SEED replays the moments.
func TestKilledManyTimes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version string
		start   func(testing.TB, ...sandboxtest.Option) *sandbox.Pair
		kills   int
	}{
		{"9.7", sandboxtest.Pair, 40},
		{"5.6", sandboxtest.Pair56, 12},
	} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			killed(t, test.start(t), test.kills)
		})
	}
}

func killed(t *testing.T, pair *sandbox.Pair, kills int) {
	random := rand.New(rand.NewPCG(seed(t), 1))
	app := seedCourier(t, pair.Source, courier.Size(4000))
	load := startLoad(t, app, courier.LoadOptions{TPS: 60, Workers: 4, Seed: 1})
	// Small chunks and one worker: the copy takes many lives.
	m := newMigration(t, pair, []string{courier.Database + ".*"}, "replicate: {copy: {workers: 1, chunk_bytes: 64KiB}}")
	inCopy := 0
	for kill := range kills {
		if kill == kills/2 {
			m.catchUp() // the other half is for the stream
		}
		r := m.start("replicate")
		moment := 100*time.Millisecond + time.Duration(random.Int64N(int64(900*time.Millisecond)))
		select {
		case <-r.ended:
			t.Fatalf("life %d ended by itself after less than %v: %s", kill, moment, tail(r.stderr.String(), 4000))
		case <-time.After(moment):
		}
		r.kill()
		if copying(t, pair.Target) {
			inCopy++
		}
	}
	stats := load()
	t.Logf("%d kills, %d of them in the copy, while the application committed %d transactions", kills, inCopy, stats.Committed)
	if inCopy < kills/10 {
		t.Errorf("%d of %d kills were in the copy: it needs to take longer", inCopy, kills)
	}
	m.catchUp()
	sandboxtest.RequireEqual(t, pair, courier.Database)
	courierRules(t, pair.Target)
}

// copying tells whether some table is not copied yet.
func copying(t *testing.T, target *sandbox.Server) bool {
	t.Helper()
	db, err := target.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	var left int
	err = db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM _tandem.copy WHERE state <> 'done'").Scan(&left)
	return err != nil || left > 0 // it may not have begun
}

// seed is that of this run, printed so that it can be replayed.
func seed(t testing.TB) uint64 {
	t.Helper()
	if text := os.Getenv("TANDEM_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("TANDEM_SEED: %v", err)
		}
		return n
	}
	n := rand.Uint64()
	t.Logf("TANDEM_SEED=%d", n)
	return n
}

// seedCourier makes and fills the sample database, and returns a pool for the
// application.
func seedCourier(t testing.TB, server *sandbox.Server, size courier.Size) *sql.DB {
	t.Helper()
	if err := courier.CreateDatabase(t.Context(), sandboxtest.RootDB(t, server, ""), courier.Database); err != nil {
		t.Fatal(err)
	}
	if _, err := courier.Seed(t.Context(), sandboxtest.RootDB(t, server, courier.Database), courier.SeedOptions{Size: size, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	config := server.Config(sandbox.UserScala, courier.Database)
	config.InterpolateParams = true
	app, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return app
}

// startLoad lets the application work until the function that it returns is
// called.
func startLoad(t testing.TB, app *sql.DB, options courier.LoadOptions) (stop func() courier.LoadStats) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	type result struct {
		stats courier.LoadStats
		err   error
	}
	ended := make(chan result, 1)
	go func() {
		stats, err := courier.Load(ctx, app, options)
		ended <- result{stats, err}
	}()
	t.Cleanup(cancel)
	return func() courier.LoadStats {
		t.Helper()
		cancel()
		r := <-ended
		if r.err != nil {
			t.Fatalf("the load ended with %v", r.err)
		}
		if r.stats.Committed == 0 {
			t.Fatal("the load has committed nothing")
		}
		return r.stats
	}
}

// courierRules checks the rules of the sample data on the target.
func courierRules(t testing.TB, target *sandbox.Server) {
	t.Helper()
	if err := courier.Check(t.Context(), sandboxtest.RootDB(t, target, courier.Database)); err != nil {
		t.Error(err)
	}
}
