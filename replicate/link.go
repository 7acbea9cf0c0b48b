package replicate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate/applier"
	"tandem/replicate/throttle"
)

// Config is what a link works with.
type Config struct {
	// Migration keys all state.
	Migration string
	Direction Direction
	Source    mysqldb.Endpoint
	Target    mysqldb.Endpoint
	// Tables tells which tables are replicated, by name.
	Tables func(schema.Name) bool
	// Schemas tells which databases may hold such tables; nil is every one.
	Schemas func(string) bool
	// Groups are the groups besides the default one, GroupOf tells a table's.
	Groups  []string
	GroupOf func(schema.Name) string
	// Opening is called before the side that the link writes becomes the owner of a
	// group, Closing before the link begins to apply a group's changes there.
	Opening Turn
	Closing Turn
	// ServerID is what the link calls itself among the source's replicas.
	ServerID uint32
	// Workers is the number of chunks in flight, ChunkBytes their size.
	Workers    int
	ChunkBytes int64
	// DeferFrom is how many rows a table has that gets its secondary indexes after
	// its rows; 0 leaves it to the link.
	DeferFrom int64
	// Throttle are the limits beyond which copying pauses.
	Throttle throttle.Limits
	// SpoolDir takes what was read and not applied, beyond SpoolMemory bytes.
	SpoolDir    string
	SpoolMemory int64
	OnStatement applier.Policy
	OnConflict  applier.Policy
	// Lanes is the number of target connections that a large window is divided
	// over; 0 means that the applier chooses.
	Lanes  int
	Tuning applier.Tuning
	// UntilCaughtUp ends Run when the copy is done and the source's position at
	// that moment is applied.
	UntilCaughtUp bool
	// RetryFor is how long a server is waited for before Run gives up. A link that
	// has once replicated, and has no end of its own, waits for as long as it takes:
	// the day that the server comes back it must be there.
	RetryFor time.Duration
	Logger   *slog.Logger
	// Hook is called at named points, for tests that break things there.
	Hook func(point string)

	// begun is called when the migration has begun; wait is waited for first.
	begun func()
	wait  <-chan struct{}
}

// Direction is which way a link runs.
type Direction string

// Forward runs from source to target.
const Forward Direction = "forward"

// Name is how the link is called in the state that it keeps.
func (c *Config) Name() string { return c.Migration + "/" + string(c.Direction) }

// Link is one direction of replication.
type Link struct {
	cfg    Config
	status atomic.Pointer[Status]
}

// New returns a link. Nothing happens before Run.
func New(cfg Config) *Link {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Hook == nil {
		cfg.Hook = func(string) {}
	}
	if cfg.begun == nil {
		cfg.begun = func() {}
	}
	if cfg.RetryFor == 0 {
		cfg.RetryFor = 10 * time.Minute
	}
	l := &Link{cfg: cfg}
	l.status.Store(&Status{Migration: cfg.Migration, Link: cfg.Direction, State: Preparing})
	return l
}

// Status is how the link stands, as far as this process knows. It never waits.
func (l *Link) Status() Status { return *l.status.Load() }

// errCaughtUp is the cause with which a session ends that has done its work.
var errCaughtUp = errors.New("caught up")

// Run replicates until ctx ends, which is no error, or until something fails
// that trying again would not mend. Lost connections are made again, from the
// checkpoint, for as long as RetryFor.
func (l *Link) Run(ctx context.Context) error {
	if l.cfg.wait != nil {
		select {
		case <-l.cfg.wait:
		case <-ctx.Done():
			return nil
		}
	}
	lostSince, patient := time.Now(), false
	var refusedSince time.Time
	for attempt := 0; ; attempt++ {
		started := time.Now()
		worked, err := l.session(ctx)
		patient = patient || worked && !l.cfg.UntilCaughtUp
		switch {
		case errors.Is(err, errCaughtUp):
			return nil
		case ctx.Err() != nil:
			return nil
		case err == nil:
			return fmt.Errorf("link %s: ended without a reason", l.cfg.Name())
		case patient && refused(err) && (worked || refusedSince.IsZero() || time.Since(refusedSince) < passwordChange):
			if worked || refusedSince.IsZero() {
				refusedSince = time.Now()
			}
		case !worked && attempt == 0 && mistaken(err) || !transient(err):
			return fmt.Errorf("link %s: %w", l.cfg.Name(), err)
		}
		if !refused(err) {
			refusedSince = time.Time{}
		}
		if worked {
			lostSince, attempt = started, 0
			if time.Since(started) > l.cfg.RetryFor/2 {
				lostSince = time.Now()
			}
		}
		if time.Since(lostSince) > l.cfg.RetryFor && !patient {
			return fmt.Errorf("link %s: given up after %s: %w", l.cfg.Name(), l.cfg.RetryFor, err)
		}
		wait := backoff(attempt)
		what := "lost a server, connecting again"
		if refused(err) {
			what = "a server refuses to log tandem in, trying again for a while in case its password is being changed"
		}
		l.cfg.Logger.Warn(what, "error", err, "wait", wait.String())
		l.retrying(err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// passwordChange is how long a link that has worked waits until its password is
// accepted again: in the secret store and in the server it can not be changed at
// the same moment.
const passwordChange = 5 * time.Minute

// backoff grows from a tenth of a second to five.
func backoff(attempt int) time.Duration {
	return min(100*time.Millisecond<<min(attempt, 6), 5*time.Second)
}
