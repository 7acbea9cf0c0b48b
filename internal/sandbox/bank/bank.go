package bank

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Side is one of the two databases. DB must be connected to the bank's database
// there, as the application's user.
type Side struct {
	Name string
	DB   *sql.DB
}

// Options say how the application behaves.
type Options struct {
	Sides [2]Side // the first one is where it begins
	// Accounts must be as many as were made with Create.
	Accounts int
	Writers  int
	// TPS is the rate at which transactions fall due, made up for after a pause; 0
	// is as fast as possible.
	TPS  float64
	Seed uint64
	// Patience is how long a server that is away is asked for what has become of a
	// transaction; then it stays in doubt. Default: a minute.
	Patience time.Duration
	// Grace is how long a transaction in flight may go on when the application is
	// stopped. Default: five seconds.
	Grace time.Duration
}

// Bank is the application. Run runs it; the other methods may be called meanwhile.
type Bank struct {
	opts    Options
	writers []*writer
	record  recorder
	next    atomic.Int64
	started time.Time
	// at work are those in the middle of a transaction; who holds it alone has
	// the bank at rest.
	working sync.RWMutex
}

// New makes the application; nothing runs yet.
func New(o Options) (*Bank, error) {
	if o.Accounts < 2 || o.Writers < 1 || o.TPS < 0 {
		return nil, fmt.Errorf("bank: %d accounts, %d writers and %g transactions a second make no bank", o.Accounts, o.Writers, o.TPS)
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	b := &Bank{opts: o}
	b.record.begin(time.Now())
	for i := range o.Writers {
		b.writers = append(b.writers, &writer{bank: b, no: i, doubts: map[int64]bool{}})
	}
	return b, nil
}

// Run writes until ctx ends, which is no error: the transactions in flight are
// finished, or looked up.
func (b *Bank) Run(ctx context.Context) error {
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(b.opts.Grace, cut) })()
	b.started = time.Now()
	group, stop := errgroup.WithContext(ctx)
	for _, w := range b.writers {
		group.Go(func() error { return w.run(stop, work) })
	}
	return group.Wait()
}

// Rest calls do while no transaction is in flight.
func (b *Bank) Rest(do func() error) error {
	b.working.Lock()
	defer b.working.Unlock()
	return do()
}

// due waits until the next transaction falls due; false: it is over.
func (b *Bank) due(ctx context.Context) bool {
	if b.opts.TPS <= 0 {
		return ctx.Err() == nil
	}
	n := b.next.Add(1) - 1
	return wait(ctx, time.Until(b.started.Add(time.Duration(float64(n)/b.opts.TPS*float64(time.Second)))))
}

// wait waits for a while; false: ctx has ended.
func wait(ctx context.Context, d time.Duration) bool {
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
