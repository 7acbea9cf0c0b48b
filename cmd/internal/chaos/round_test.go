package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// round is one migration under faults, from empty target to equal sides.
type round struct {
	*migration
	random *rand.Rand
	knobs  knobs
	began  time.Time
	// life is the program that replicates, or did so last.
	life *life
	// tls tells that bytes on the lines can not be read.
	tls bool
	// flipped tells that a bit of the binlog was flipped.
	flipped bool
	log     []string
	deaths  int
}

// newRound draws everything that is not a fault from the seed, and starts what
// it needs.
func newRound(t testing.TB, seedOf uint64, mistake applier.Mistake) *round {
	t.Helper()
	random := rand.New(rand.NewPCG(seedOf, 1))
	old := random.IntN(4) == 0
	if version := os.Getenv("CHAOS_SOURCE"); version != "" {
		old = version == "5.6"
	}
	args := func(o *sandbox.PairOptions) {
		// Shorter than some stalls, so that servers give up on a connection, too.
		patience := []string{"--net-write-timeout=3", "--net-read-timeout=3"}
		o.Source.ExtraArgs = append(o.Source.ExtraArgs, patience...)
		o.Target.ExtraArgs = append(o.Target.ExtraArgs, patience...)
		o.Target.ExtraArgs = append(o.Target.ExtraArgs, "--innodb-lock-wait-timeout=5")
	}
	start := sandboxtest.Pair
	if old {
		start = sandboxtest.Pair56
	}
	pair := start(t, args)
	seed(t, pair.Source, courier.Size(300+random.IntN(500)))
	s := settings{
		databases:  []string{courier.Database, torture},
		workers:    1 + random.IntN(4),
		chunkBytes: pick(random, "64KiB", "64KiB", "256KiB", "4MiB"),
		spool:      pick(random, "1MiB", "16MiB", "64MiB"),
		tls:        !old && random.IntN(3) == 0,
	}
	r := &round{
		migration: newMigration(t, pair, fmt.Sprintf("chaos%d", seedOf%1000), s),
		random:    random, began: time.Now(), tls: s.tls,
		knobs: knobs{
			Lanes: 1 + random.IntN(4),
			Tuning: applier.Tuning{
				WindowTransactions: pick(random, 0, 1, 3, 50),
				WindowRows:         pick(random, 0, 0, 10, 500),
				Mistake:            mistake,
			},
		},
	}
	r.note("round: 5.6 source %t, %+v, %+v", old, s, r.knobs)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what happened:\n%s", strings.Join(r.log, "\n"))
			r.keep(t, seedOf)
		}
	})
	return r
}

// keep copies what the servers have to the folder that CHAOS_KEEP names, binlogs
// included, for whoever looks into what has gone wrong.
func (r *round) keep(t testing.TB, seedOf uint64) {
	to := os.Getenv("CHAOS_KEEP")
	if to == "" {
		return
	}
	for name, server := range map[string]*sandbox.Server{"source": r.pair.Source, "target": r.pair.Target} {
		_ = server.Stop(context.Background()) // what it has written is there in any case
		into := filepath.Join(to, fmt.Sprint(seedOf), name)
		err := os.MkdirAll(into, 0o755)
		if err == nil {
			err = os.CopyFS(into, os.DirFS(server.DataDir()))
		}
		t.Logf("the %s's data are kept in %s: %v", name, into, err)
	}
}

func pick[T any](random *rand.Rand, list ...T) T { return list[random.IntN(len(list))] }

func (r *round) note(format string, args ...any) {
	r.log = append(r.log, fmt.Sprintf("%8.3fs ", time.Since(r.began).Seconds())+fmt.Sprintf(format, args...))
}

// between draws a duration.
func (r *round) between(from, to time.Duration) time.Duration {
	return from + time.Duration(r.random.Int64N(int64(to-from)))
}

// run breaks things for a while, then lets them heal, and looks.
func (r *round) run(ctx context.Context, duration time.Duration) {
	r.t.Helper()
	app := startApplication(r.t, r.pair.Source, r.random.Uint64(), 20+float64(r.random.IntN(60)))
	watch := r.migration.watch()
	kinds := faults()
	for time.Since(r.began) < duration && ctx.Err() == nil && !r.t.Failed() {
		r.ensure()
		pause(ctx, r.between(50*time.Millisecond, time.Second))
		f := kinds.draw(r.random)
		r.note("%s%s", faultMark, f.name)
		f.strike(ctx, r)
	}
	r.heal()
	if r.random.IntN(2) == 0 {
		// The application goes on for a moment on servers that are well.
		pause(ctx, r.between(0, 2*time.Second))
	}
	committed := app.stop()
	r.note("the application has committed %d transactions", committed)
	if r.t.Failed() {
		return
	}
	executed := position(r.t, r.pair.Source)
	r.settle()
	watch.stop()
	r.requireInvariants(executed)
	r.t.Log(strings.TrimSpace(r.log[0]))
	r.t.Logf("%d faults, %d lives, %d of them ended by a fault, %d transactions of the application, %s",
		strings.Count(strings.Join(r.log, "\n"), faultMark), r.lives, r.deaths, committed, time.Since(r.began).Round(time.Second))
}

// heal makes everything well that lasts longer than a fault.
func (r *round) heal() {
	r.calm()
	// A connection that hangs would be noticed after minutes by a server's
	// keepalive, if at all.
	r.source.CutAll()
	r.target.CutAll()
	for _, server := range r.pair.Servers() {
		if !server.Running() {
			r.restart(server)
		}
	}
}

// settle lets the program catch up, by itself or in a life that does only that.
func (r *round) settle() {
	r.t.Helper()
	if r.life != nil && r.life.running() {
		r.life.signal(interrupt)
		if r.life.wait() != 130 {
			r.inspect()
		}
	}
	r.note("catching up")
	for attempt := 0; ; attempt++ {
		r.life = r.live(knobs{Lanes: r.knobs.Lanes, Tuning: r.knobs.Tuning}, "replicate", "--until", "caught-up")
		code := r.life.wait()
		if code == 0 {
			return
		}
		// The lease of a life that was killed may outlive it for a moment.
		if code != 12 || attempt > 20 {
			r.t.Fatalf("catching up ended with code %d: %s", code, r.life.said(6000))
		}
		pause(r.t.Context(), 500*time.Millisecond)
	}
}

// ensure lets a program replicate, if none does.
func (r *round) ensure() {
	if r.life != nil && r.life.running() {
		return
	}
	r.inspect()
	r.life = r.replicate(r.knobs)
}

// inspect looks at how the last life ended, if it has ended by itself.
func (r *round) inspect() {
	if r.life == nil || r.life.running() {
		return
	}
	code := r.life.code()
	r.note("life %d has ended with code %d", r.lives, code)
	switch {
	case code == killedBySignal:
		r.deaths++
	case slices.Contains([]int{10, 11, 12}, code):
		// It began while a server was away, or while the lease of the life before
		// had not been let go. Both are said with these codes.
		r.deaths++
	case code == 1 && strings.Contains(r.life.said(2000), replicate.ErrMoved.Error()):
		// A statement that came while the target's tables were made.
		r.deaths++
	case code == 1 && r.flipped && strings.Contains(r.life.said(2000), "binlog"):
		// Stopping at a spoiled byte is right.
		r.flipped = false
		r.deaths++
	default:
		r.unexpected(code)
	}
	r.life = nil
}

func (r *round) unexpected(code int) {
	r.t.Errorf("tandem ended by itself with code %d: %s", code, r.life.said(6000))
}

// kill ends the life, whatever it is doing.
func (r *round) kill() {
	if r.life != nil && r.life.running() {
		r.life.kill()
	}
	r.inspect()
}

// restart starts a server that was killed.
func (r *round) restart(server *sandbox.Server) {
	r.t.Helper()
	if err := server.Restart(context.WithoutCancel(r.t.Context())); err != nil {
		r.t.Fatal(err)
	}
}

// side draws one of the two sides.
func (r *round) side() (*sandbox.Server, *fault.Proxy) {
	if r.random.IntN(2) == 0 {
		return r.pair.Source, r.source
	}
	return r.pair.Target, r.target
}
