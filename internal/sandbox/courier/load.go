package courier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// LoadOptions say how the application behaves.
type LoadOptions struct {
	// TPS is the rate at which transactions fall due, whether or not the
	// earlier ones have ended (an open loop); late ones are made up for.
	// 0 means as fast as possible.
	TPS float64
	// Duration ends the load; 0 means when the context ends.
	Duration time.Duration
	// Transactions, if set, ends the load after so many.
	Transactions int64
	Workers      int   // connections; 0 means 8
	Seed         int64 // of the random choices

	// Without leaves operations out by name; see Operations.
	Without []string
	// BlobBytes is the size of the operation "blob"; 0 leaves it out.
	BlobBytes int

	// Reconnect goes on when the server is gone, read only, or refuses the
	// application: the transaction is lost, the next one is tried on a new
	// connection, with pauses. Without it the load ends with the error.
	Reconnect bool

	// Progress, if set, is called about once a second and at the end.
	Progress func(LoadStats)
}

// Load behaves like the application until its time is over or the context
// ends, and returns what it did. Ending by time, count or context is no error:
// transactions in flight are finished or, when the context ended, rolled back.
func Load(ctx context.Context, db *sql.DB, opts LoadOptions) (LoadStats, error) {
	if opts.Workers <= 0 {
		opts.Workers = 8
	}
	if opts.TPS < 0 {
		return LoadStats{}, fmt.Errorf("load courier: a rate of %v transactions a second makes no sense", opts.TPS)
	}
	for _, name := range opts.Without {
		if !slices.Contains(Operations(), name) {
			return LoadStats{}, fmt.Errorf("load courier: no operation is called %q: there are %q", name, Operations())
		}
	}
	world, err := readWorld(ctx, db)
	if err != nil {
		return LoadStats{}, fmt.Errorf("load courier: %w; has the database been seeded?", err)
	}
	deck := newDeck(world, opts)
	if len(deck) == 0 {
		return LoadStats{}, errors.New("load courier: every operation is left out")
	}
	l := &load{db: db, opts: opts, world: world, deck: deck, started: time.Now()}
	l.record = newRecorder(l.started)

	group, groupCtx := errgroup.WithContext(ctx)
	for no := range opts.Workers {
		group.Go(func() error { return newSession(l, no).run(groupCtx) })
	}
	done := make(chan struct{})
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		l.report(done)
	}()
	err = group.Wait()
	close(done)
	<-reported

	stats := l.record.snapshot(time.Now())
	stats.Recent = 0
	if opts.Progress != nil {
		opts.Progress(stats)
	}
	if err != nil && ctx.Err() == nil {
		return stats, fmt.Errorf("load courier: %w", err)
	}
	return stats, nil
}

type load struct {
	db      *sql.DB
	opts    LoadOptions
	world   *world
	deck    []operation
	record  *recorder
	started time.Time
	next    atomic.Int64 // number of the next transaction
}

// take gives a worker the number of its next transaction and when it is due.
func (l *load) take() (due time.Time, ok bool) {
	n := l.next.Add(1) - 1
	if l.opts.Transactions > 0 && n >= l.opts.Transactions {
		return time.Time{}, false
	}
	due = time.Now()
	if l.opts.TPS > 0 {
		due = l.started.Add(time.Duration(float64(n) / l.opts.TPS * float64(time.Second)))
	}
	if l.opts.Duration > 0 && (due.Sub(l.started) >= l.opts.Duration || time.Since(l.started) >= l.opts.Duration) {
		return time.Time{}, false
	}
	return due, true
}

func (l *load) report(done <-chan struct{}) {
	if l.opts.Progress == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			l.opts.Progress(l.record.snapshot(time.Now()))
		}
	}
}

// waitUntil waits for a moment; false means the context ended first.
func waitUntil(ctx context.Context, when time.Time) bool {
	d := time.Until(when)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
