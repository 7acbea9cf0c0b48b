package replicate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
)

// stateTables hold what is known about a link beside its checkpoint.
var stateTables = [...]string{
	`CREATE TABLE IF NOT EXISTS _tandem.link (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state varchar(32) CHARACTER SET ascii NOT NULL,
  detail longtext CHARACTER SET utf8mb4 NOT NULL,
  seen_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (link)
) ENGINE=InnoDB`,
}

// How often a link looks at itself, and how often it tells the target. Telling
// costs a transaction, so an idle link does it seldom.
const (
	lookEvery    = 200 * time.Millisecond
	publishEvery = time.Second
	publishIdle  = 4 * time.Second
)

// watch keeps the link's status, publishes it for others to read, and ends the
// session when it has caught up, if it was asked to.
func (s *session) watch(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var published, swept time.Time
	meter := newMeter()
	for {
		st := s.snapshot(ctx, meter)
		if s.cfg.UntilCaughtUp && st.Copy.Done {
			caught, err := s.caughtUp(ctx)
			if err != nil {
				return err
			}
			if caught {
				if err := s.applier.Save(ctx); err != nil {
					return err
				}
				return errCaughtUp
			}
		}
		s.link.status.Store(&st)
		every := publishEvery
		if st.State == CaughtUp {
			every = publishIdle
		}
		if time.Since(published) >= every {
			if err := s.publishSoon(ctx, st); err != nil {
				return err
			}
			published = time.Now()
		}
		if time.Since(swept) >= sweepEvery {
			s.sweep(ctx)
			swept = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// sweepEvery is how often signals of days past are removed.
const sweepEvery = time.Hour

// sweep removes old signals on the side that the link writes; the opposite link
// does the other side. What is left over now is removed an hour later.
func (s *session) sweep(ctx context.Context) {
	soon, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	if err := ownership.Sweep(soon, s.target); err != nil && ctx.Err() == nil {
		s.cfg.Logger.Warn("could not remove old signals", "server", s.cfg.Target.Name, "error", err)
	}
}

// caughtUp tells whether everything that the source had committed when the copy
// was seen to be done is applied.
func (s *session) caughtUp(ctx context.Context) (bool, error) {
	if s.goal == nil {
		goal, err := mysqldb.Executed(ctx, s.source)
		if err != nil {
			return false, fmt.Errorf("read the source's position: %w", err)
		}
		s.goal = &goal
	}
	return s.applier.Progress().Position.ContainsSet(*s.goal), nil
}

// snapshot puts the status together. What can not be asked just now keeps its
// last value: a status must not fail.
func (s *session) snapshot(ctx context.Context, m *meter) Status {
	p := s.applier.Progress()
	st := Status{
		Migration: s.cfg.Migration, Link: s.cfg.Direction, At: time.Now().UTC(),
		Daemon: Daemon{Running: true, PID: os.Getpid(), Host: hostname(), Epoch: s.checkpoint.Epoch, Started: s.started.UTC()},
		Source: s.server(s.cfg.Source, s.sourceFacts), Target: s.server(s.cfg.Target, s.targetFacts),
		Applied: Applied{GTID: p.Position.String(), File: p.Offset.File, Pos: p.Offset.Pos, Committed: p.Committed},
		Stream: Stream{
			Transactions: p.Transactions, Rows: p.Rows, PassedOver: p.PassedOver, Statements: p.Statements,
			SpoolBytes: s.reader.Stats().Spooled,
		},
		Conflicts: s.conflicts + p.Conflicts, Breaches: s.breaches + p.Breaches,
	}
	st.Groups = slices.SortedFunc(maps.Values(s.owners.Load().records), func(a, b ownership.Record) int { return strings.Compare(a.Group, b.Group) })
	s.readSource(ctx, &st)
	st.Copy, st.Waiting = s.copyProgress()
	m.rates(&st)
	lag(&st, p.Position)
	st.State = state(&st)
	return st
}

func state(st *Status) State {
	switch {
	case !st.Copy.Done:
		return Copying
	case st.Lag.Transactions > 0:
		return Streaming
	}
	return CaughtUp
}

// publishSoon publishes, or gives it up for now if the target stands still: what
// this process tells goes on meanwhile.
func (s *session) publishSoon(ctx context.Context, st Status) error {
	soon, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	err := s.publish(soon, st)
	if err != nil && ctx.Err() == nil && soon.Err() != nil {
		return nil
	}
	return err
}

// publishWait is how long the target may take to note the status.
const publishWait = 5 * time.Second

// publish tells the target, for those who ask from elsewhere.
func (s *session) publish(ctx context.Context, st Status) error {
	return publish(ctx, s.target, s.cfg.Name(), st)
}

func publish(ctx context.Context, db execer, link string, st Status) error {
	detail, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("publish status: %w", err)
	}
	_, err = db.ExecContext(ctx,
		`INSERT INTO _tandem.link (link, state, detail) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE state = VALUES(state), detail = VALUES(detail), seen_at = CURRENT_TIMESTAMP(6)`,
		link, string(st.State), string(detail))
	if err != nil {
		return fmt.Errorf("publish status: %w", err)
	}
	return nil
}

// farewell publishes how the session ended, if the target still listens.
func (s *session) farewell(cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	st := s.snapshot(ctx, newMeter())
	st.Daemon.Running = false
	switch {
	case errors.Is(cause, errCaughtUp) || errors.Is(cause, context.Canceled):
		st.State = Stopped
	case transient(cause):
		st.State, st.Error = Retrying, cause.Error()
	default:
		st.State, st.Error = Failed, cause.Error()
	}
	s.link.status.Store(&st)
	if err := s.publish(ctx, st); err != nil {
		s.cfg.Logger.Debug("could not publish the last status", "error", err)
	}
}

// failed notes that the link has ended for good.
func (l *Link) failed(err error) {
	st := l.Status()
	st.State, st.Error, st.At = Failed, err.Error(), time.Now().UTC()
	if _, off := errors.AsType[*ReverseOffError](err); off {
		st.State = Off
	}
	l.status.Store(&st)
}

// retrying notes that the link is between two sessions.
func (l *Link) retrying(err error) {
	st := l.Status()
	st.State, st.Error, st.At = Retrying, err.Error(), time.Now().UTC()
	l.status.Store(&st)
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
