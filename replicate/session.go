package replicate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/wire"
	"tandem/replicate/applier"
	"tandem/replicate/binlog"
	"tandem/replicate/copier"
	"tandem/replicate/throttle"
)

// session is one connected lifetime of a link, from the first connection to
// the first that is lost.
type session struct {
	cfg    *Config
	link   *Link
	source *sql.DB
	target *sql.DB
	// facts of both servers as of the session's begin.
	sourceFacts mysqldb.Facts
	targetFacts mysqldb.Facts

	lease      *mysqldb.AdvisoryLock
	checkpoint applier.Checkpoint
	registry   *catalog.Registry
	tables     *tables
	// owners is what the link knows of the groups; crossing are the tables that it
	// learns it from.
	owners   atomic.Pointer[owners]
	crossing []*schema.Table

	reader   *binlog.Reader
	copier   *copier.Copier
	throttle *throttle.Throttle // beside the copier
	applier  *applier.Applier

	started time.Time
	// What was kept before this session.
	conflicts, breaches int64
	// goal is the position that ends the session, once it is known.
	goal *change.GTIDSet
	// What the source said last, and when it was asked.
	asked     time.Time
	executed  change.GTIDSet
	sourceEnd change.Offset
	behind    uint64
}

// session runs one session. worked tells whether it got as far as replicating.
func (l *Link) session(ctx context.Context) (worked bool, err error) {
	s := &session{cfg: &l.cfg, link: l, started: time.Now()}
	defer s.close()
	if err := s.prepare(ctx); err != nil {
		return false, err
	}
	return true, s.run(ctx)
}

// run replicates until something ends it.
func (s *session) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return named("lease", s.lease.Run(ctx, 2*time.Second, s.targetPulse)) })
	g.Go(func() error { return s.applier.Run(ctx, s.reader) })
	if s.copier != nil {
		g.Go(func() error { return named("copy", s.runCopy(ctx)) })
	}
	g.Go(func() error { return s.watch(ctx) })
	err := g.Wait()
	if err != nil {
		s.farewell(err)
	}
	return err
}

// runCopy copies, as fast as the throttle lets it.
func (s *session) runCopy(ctx context.Context) error {
	ctx, done := context.WithCancel(ctx)
	var g errgroup.Group
	g.Go(func() error { return s.throttle.Run(ctx) })
	g.Go(func() error {
		defer done()
		return s.copier.Run(ctx)
	})
	return g.Wait()
}

// targetPulse looks for a sign of life of a target that does not answer. While it
// stands still the session waits: the source is read and spooled meanwhile.
func (s *session) targetPulse(ctx context.Context) mysqldb.Pulse {
	pulse := mysqldb.TakePulse(ctx, s.cfg.Target)
	if pulse == mysqldb.Silent {
		s.cfg.Logger.Warn("the server stands still: waiting for it, what is read meanwhile is kept", "server", s.cfg.Target.Name)
	}
	return pulse
}

// named says what failed, but leaves the end of a context alone.
func named(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// lockWait is how long the applier waits for a lock. Lanes that wait for each
// other do so in vain, as they commit together: the window is tried again with
// fewer of them.
const lockWait = 2 * time.Second

// connect opens a raw connection to the target for the applier.
func (s *session) connect(ctx context.Context) (*wire.Conn, error) {
	conn, err := wire.Connect(ctx, s.cfg.Target, wire.Session{LockWaitTimeout: lockWait})
	return conn, mysqldb.WrapConnect(s.cfg.Target, err)
}

// close gives everything back, the lease last.
func (s *session) close() {
	if s.reader != nil {
		s.reader.Close()
	}
	if s.lease != nil {
		s.lease.Close()
	}
	if s.source != nil {
		s.source.Close()
	}
	if s.target != nil {
		s.target.Close()
	}
}
