package runner

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/plans/journal"
)

// Config is what a runner works with.
type Config struct {
	Migration string
	// Sides are those that can be reached: both, but for a rollback from a side
	// that is dead. Each pool must have at least six connections.
	Sides map[ownership.Side]Database
	// Tables are those of each group.
	Tables map[string][]schema.Name
	// Copies are those of the journal: those in the databases, called by CopyName,
	// and the one on this machine last (see package journal).
	Copies []journal.Named
	Make   Maker
	Links  Links
	Parity Parity
	// Clouds and Retention may be nil: then the steps that need them say so.
	Clouds    Clouds
	Retention Retention

	Log       *slog.Logger
	Now       func() time.Time
	LookupEnv func(string) (string, bool)
	// Tell hears what people are to be told. It is called from several goroutines,
	// one at a time.
	Tell func(Event)
	// Hook is called at the points that Points lists, for tests that break things
	// there.
	Hook func(point string)

	// Who is at work: user@host, the host, the process.
	Who      string
	Host     string
	Process  int
	TakeOver bool
	// Patience is how long a side whose answer decides is asked again.
	Patience time.Duration
}

// Runner runs plans, one run at a time, while it holds the lease.
type Runner struct {
	Config
	lease  *Lease
	merged journal.Merged

	mu      sync.Mutex // guards what is below
	journal *journal.Journal
	holding bool // entries wait for the end of the pause
	run     string
}

// defaultPatience is Patience where none is given.
const defaultPatience = 30 * time.Second

// Open takes the lease and reads the journal. The runner must be closed.
func Open(ctx context.Context, cfg Config) (_ *Runner, err error) {
	n := &Runner{Config: cfg}
	if n.Patience == 0 {
		n.Patience = defaultPatience
	}
	if n.Tell == nil {
		n.Tell = func(Event) {}
	}
	if n.Hook == nil {
		n.Hook = func(string) {}
	}
	n.Tell = alone(n.Tell)
	if n.lease, err = Acquire(ctx, cfg.Migration, cfg.Sides, LeaseOptions{Host: cfg.Host, Process: cfg.Process, TakeOver: cfg.TakeOver}); err != nil {
		return nil, err
	}
	if n.journal, n.merged, err = journal.Open(ctx, cfg.Log, cfg.Now, cfg.Copies...); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal: %w", err), n.lease.Close())
	}
	for name, why := range n.merged.Unread {
		cfg.Log.WarnContext(ctx, "a copy of the journal can not be read", "copy", name, "error", why)
	}
	n.Hook("lease taken")
	return n, nil
}

func alone(tell func(Event)) func(Event) {
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		tell(e)
	}
}

// Close lets go of the lease.
func (n *Runner) Close() error { return n.lease.Close() }

// History returns the runs of the past, the oldest first.
func (n *Runner) History() []Past {
	n.mu.Lock()
	defer n.mu.Unlock()
	return Pasts(n.journal.Chain())
}

// newRun names a run: when it began, and something that no other run has.
func (n *Runner) newRun() string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // it never fails
	return n.Now().UTC().Format("20060102-150405") + "-" + hex.EncodeToString(b[:])
}

// record writes an entry of the run in hand to the journal, or holds it while
// writers wait.
func (n *Runner) record(ctx context.Context, kind journal.Kind, step string, data journal.Data) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := journal.Event{Run: n.run, Kind: kind, Step: step, Data: data}
	if n.holding {
		_, err := n.journal.Hold(e)
		return err
	}
	_, err := n.journal.Record(ctx, e)
	return err
}

// hold keeps what is recorded from here on in memory, or ends that.
func (n *Runner) hold(on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.holding = on
}

// CopyName is what the journal's copy on a side is called.
func CopyName(side ownership.Side) string { return "the " + string(side) }

// within writes what was held as part of the transaction that hands over.
func (n *Runner) within(ctx context.Context, side ownership.Side, tx journal.Execer) (done func(), err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	has, err := n.journal.Within(ctx, CopyName(side), tx)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		has()
	}, err
}

// begin makes a new run the one in hand.
func (n *Runner) begin(ctx context.Context, run string, data journal.Data) error {
	n.mu.Lock()
	n.run = run
	n.mu.Unlock()
	if err := n.lease.Name(ctx, run); err != nil {
		return err
	}
	data["host"], data["who"], data["process"] = n.Host, n.Who, n.Process
	if err := n.record(ctx, journal.RunBegun, "", data); err != nil {
		return err
	}
	n.Hook("run begun")
	return nil
}

// watch returns a context that ends when somebody asks the run to stop. It asks
// both databases for that from time to time.
func (n *Runner) watch(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	run := n.run
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			list, err := Asked(ctx, n.Migration, run, n.Sides)
			if err != nil {
				continue // a server that is away is noticed by those who need it
			}
			for _, r := range list {
				if r.Kind == AskStop {
					if err := Take(ctx, n.Migration, run, AskStop, r.Stage, n.Sides); err != nil {
						n.Log.WarnContext(ctx, "a request to stop is not marked as taken", "error", err)
					}
					cancel(&AbortedError{Who: r.Who, Why: r.Stage})
					return
				}
			}
		}
	})
	return ctx, func() {
		cancel(nil)
		done.Wait()
	}
}

// watchEvery is how often requests are looked for.
const watchEvery = 300 * time.Millisecond

// after returns a context for what must be done even though ctx has ended.
func after(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}

// undoTime bounds undoing, and the last words of a run.
const undoTime = time.Minute

func (n *Runner) tell(kind EventKind, e Event) {
	e.Kind, e.At, e.Run = kind, n.Now(), n.run
	n.Tell(e)
}
