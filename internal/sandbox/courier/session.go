package courier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// maxTries is how often a transaction is begun before it is given up.
const maxTries = 20

// errUndo makes a transaction roll back on purpose.
var errUndo = errors.New("rolled back on purpose")

// session is one worker: one connection and what it remembers.
type session struct {
	*load
	no    int
	rng   *rand.Rand
	conn  *sql.Conn
	hand  []operation // cards of the deck still to play
	pause time.Duration

	serial    int64    // makes unique names; never used twice
	entry     int64    // number of the last ledger entry
	recent    []int64  // shipments this worker has created
	hired     [][]byte // drivers this worker may retire
	customers []int64  // customers this worker may close
	onDone    []func() // what to remember if the transaction commits
	queries   int64
}

func newSession(l *load, no int) *session {
	seed := mix(mix(uint64(l.opts.Seed)^uint64(l.world.run)<<32) + uint64(no))
	return &session{load: l, no: no, rng: rand.New(rand.NewPCG(seed, mix(seed)))}
}

// grace is how long a transaction in flight may go on when the context ends.
const grace = 2 * time.Second

func (s *session) run(ctx context.Context) error {
	defer s.disconnect()
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() { waitUntil(hard, time.Now().Add(grace)); cut() })()
	for {
		due, ok := s.take()
		if !ok || !waitUntil(ctx, due) {
			return nil
		}
		op := s.draw()
		err := s.play(ctx, hard, op, due)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			s.pause = 0
			continue
		}
		class := Classify(err)
		survivable := class == Connection || class == Refused || class == Denied
		if !survivable || !s.opts.Reconnect {
			return fmt.Errorf("%s: %w", op.name, err)
		}
		// A new connection may lead to another server, which may say yes.
		s.disconnect()
		s.pause = min(max(2*s.pause, 10*time.Millisecond), 500*time.Millisecond)
		if !waitUntil(ctx, time.Now().Add(s.jitter(s.pause))) {
			return nil
		}
	}
}

// draw takes the next card. Every deck holds every operation in proportion, so
// even a short load plays them all.
func (s *session) draw() operation {
	if len(s.hand) == 0 {
		s.hand = append(s.hand, s.deck...)
		s.rng.Shuffle(len(s.hand), func(i, j int) { s.hand[i], s.hand[j] = s.hand[j], s.hand[i] })
	}
	op := s.hand[len(s.hand)-1]
	s.hand = s.hand[:len(s.hand)-1]
	return op
}

// play runs one operation as one transaction and begins it again as long as
// the server says that this may help. An error ends the load, unless it may
// reconnect. The first context says when to stop, the second when to drop
// everything.
func (s *session) play(ctx, hard context.Context, op operation, due time.Time) error {
	begun := time.Now()
	for try := 1; ; try++ {
		err := s.try(hard, op)
		if err == nil || errors.Is(err, errUndo) {
			s.record.end(op.name, err == nil, due, begun, time.Now())
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		var lost *lostCommitError
		if errors.As(err, &lost) {
			s.record.failed(Unknown)
			return err
		}
		class := Classify(err)
		s.record.failed(class)
		switch class {
		case Deadlock, LockWait:
			if try == maxTries {
				s.record.count(func(st *LoadStats) { st.Abandoned++ })
				return nil
			}
			s.record.count(func(st *LoadStats) { st.Retries++ })
			if !waitUntil(ctx, time.Now().Add(s.jitter(time.Duration(try)*time.Millisecond))) {
				return err
			}
		case Duplicate, ForeignKey:
			s.record.count(func(st *LoadStats) { st.RolledBack++ })
			return nil
		default:
			return err
		}
	}
}

// lostCommitError says that the answer to a COMMIT never came.
type lostCommitError struct{ err error }

func (e *lostCommitError) Error() string { return "commit, outcome unknown: " + e.err.Error() }
func (e *lostCommitError) Unwrap() error { return e.err }

func (s *session) try(ctx context.Context, op operation) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.onDone, s.queries = s.onDone[:0], 2
	tx, err := s.conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err = op.run(ctx, &work{session: s, tx: tx})
	s.record.count(func(st *LoadStats) { st.Statements += s.queries })
	if err != nil {
		if undone := tx.Rollback(); undone != nil && errors.Is(err, errUndo) {
			return fmt.Errorf("rollback: %w", undone)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		if Classify(err) == Connection {
			return &lostCommitError{err}
		}
		return fmt.Errorf("commit: %w", err)
	}
	for _, remember := range s.onDone {
		remember()
	}
	return nil
}

func (s *session) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "SET NAMES utf8mb4"); err != nil {
		_ = conn.Close()
		return fmt.Errorf("set session character set: %w", err)
	}
	if s.pause > 0 {
		s.record.count(func(st *LoadStats) { st.Reconnects++ })
	}
	s.conn = conn
	return nil
}

func (s *session) disconnect() {
	if s.conn != nil {
		_ = s.conn.Close() // back to the pool, which throws bad ones away
		s.conn = nil
	}
}

func (s *session) jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(s.rng.Int64N(int64(d)))
}

// name makes a text no other worker and no other run makes.
func (s *session) name(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%d-%d-%d", prefix, s.world.run, s.no, s.serial)
}

// writer is the number under which this worker writes to the ledger.
func (s *session) writer() int { return s.world.run*1000 + s.no }
