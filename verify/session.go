package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// Followers are the logs of both sides.
type Followers struct{ Source, Target Follower }

func (f Followers) of(side int) Follower {
	if side == target {
		return f.Target
	}
	return f.Source
}

// Follower is [Changes] that can be followed.
type Follower interface {
	// Follow begins to read behind a position.
	Follow(ctx context.Context, from change.GTIDSet) (Feed, error)
}

// Feed tells which rows transactions of a log touch, as they come.
type Feed interface {
	// Keys is Keys of [Changes], for the transactions of until that were not told
	// of before.
	Keys(ctx context.Context, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) error
	Close() error
}

// TouchedSession compares what was touched since it was proven equal last, when
// it is asked to, as fast as it can: for a handover, during which nobody writes.
// Whatever can be done before is: connections stand, definitions are known, the
// owner's log is followed, and rows that were touched are compared while nobody
// waits for it. So [TouchedSession.Compare] is left with those of the last moment.
//
// It notes nothing on the target.
type TouchedSession struct {
	cfg    Config
	r      *run
	task   *task
	feeds  [2]Feed // of the sides that lead
	proven map[schema.Name]Verified
	cancel context.CancelFunc
	done   chan struct{}

	mu sync.Mutex
	// pending are the rows that were touched and not yet seen equal, whole the
	// tables of which more was touched than rows.
	pending map[schema.Name]map[string]chunk.Key
	whole   map[schema.Name]bool
	tables  map[schema.Name]*table
	worker  *worker
	failed  error
	// asked is how many wait for Compare.
	asked atomic.Int32
}

// siftEvery is how often a session compares what was touched meanwhile.
const siftEvery = 200 * time.Millisecond

// warmEvery is in how many of these rounds all connections are used.
const warmEvery = 100

// OpenTouched makes a session, and compares everything that was touched up to now.
// It returns [ErrNothingProven] when there is nothing to start from. The session is
// of the owners that the tables have now.
func OpenTouched(ctx context.Context, cfg Config, logs Followers) (_ *TouchedSession, err error) {
	s := &TouchedSession{
		cfg: cfg, proven: map[schema.Name]Verified{}, done: make(chan struct{}),
		pending: map[schema.Name]map[string]chunk.Key{}, whole: map[schema.Name]bool{}, tables: map[schema.Name]*table{},
	}
	if s.r, err = open(ctx, cfg); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	s.r.kept = newKept()
	all, err := ReadVerified(ctx, s.r.dbs[target], cfg.Migration)
	if err != nil {
		return nil, err
	}
	if err := provenOf(all, s.r.wanted, s.proven); err != nil {
		return nil, err
	}
	if err := s.r.keepTables(ctx); err != nil {
		return nil, err
	}
	for name, v := range s.proven {
		for _, key := range v.doubtful {
			s.touch(name, key)
		}
	}
	if err := s.follow(ctx, logs); err != nil {
		return nil, err
	}
	s.worker = &worker{run: s.r, ends: s.r.newEnds()}
	if err := s.warm(ctx); err != nil {
		return nil, err
	}
	if err := s.sift(ctx); err != nil {
		return nil, err
	}
	sifting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	go s.keepSifting(sifting)
	return s, nil
}

// warm makes the connections that a comparison will need, or uses them so that no
// server ends them for idleness.
func (s *TouchedSession) warm(ctx context.Context) error {
	all := make([]ends, s.r.cfg.Workers+1) // one is the settler's
	for i := range all {
		all[i] = s.r.newEnds()
		defer s.r.giveBack(all[i])
	}
	for _, e := range all {
		err := e.both(ctx, func(ctx context.Context, _ int, s *side) error {
			_, err := s.one(ctx, []byte("SELECT 1"))
			if err != nil && lost(err) {
				_, err = s.one(ctx, []byte("SELECT 1"))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Close ends the session.
func (s *TouchedSession) Close() error {
	s.cancel()
	<-s.done
	return s.release()
}

func (s *TouchedSession) release() (err error) {
	for _, f := range s.feeds {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	if s.worker != nil {
		s.worker.ends.close()
	}
	if s.r.kept != nil {
		s.r.kept.close()
	}
	s.r.close()
	return err
}

// Compare compares what was touched up to now.
func (s *TouchedSession) Compare(ctx context.Context) (*Report, error) {
	s.asked.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked.Add(-1)
	if s.failed != nil {
		return nil, fmt.Errorf("compare what was touched: the session has failed before: %w", s.failed)
	}
	// Who leads is asked beside the work, and must be as it was.
	asking := make(chan error, 1)
	go func() { asking <- s.asBefore(ctx) }()
	rep, err := s.compare(ctx)
	if asked := <-asking; err == nil && asked != nil {
		return nil, asked
	}
	return rep, err
}

func (s *TouchedSession) compare(ctx context.Context) (*Report, error) {
	until, err := executed(ctx, s.r.dbs)
	if err != nil {
		return nil, err
	}
	if err := s.read(ctx, until); err != nil {
		return nil, err
	}
	r := s.r.again()
	err = r.work(ctx, func(ctx context.Context) error {
		return r.compareKeys(ctx, func(touched func(schema.Name, chunk.Key) error) error { return s.each(touched) })
	})
	if err != nil {
		return nil, err
	}
	if err := s.unproven(r); err != nil {
		return nil, err
	}
	rep, err := r.report(ctx, "touched")
	if err != nil {
		return nil, err
	}
	s.settled(rep)
	return rep, nil
}

// each tells of all that waits.
func (s *TouchedSession) each(touched func(schema.Name, chunk.Key) error) error {
	for name := range s.whole {
		if err := touched(name, nil); err != nil {
			return err
		}
	}
	for name, rows := range s.pending {
		if s.whole[name] {
			continue
		}
		for _, key := range rows {
			if err := touched(name, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// settled forgets the tables that were equal.
func (s *TouchedSession) settled(rep *Report) {
	for i := range rep.Tables {
		if t := &rep.Tables[i]; t.Outcome == Equal {
			name := schema.Name{Schema: t.Schema, Table: t.Table}
			if s.whole[name] {
				s.proven[name] = Verified{Table: name}
			}
			delete(s.pending, name)
			delete(s.whole, name)
		}
	}
}

// unproven puts into a run what a comparison of touched rows can not prove: tables
// that were never compared as a whole, and those with more differences than were
// kept.
func (s *TouchedSession) unproven(r *run) error {
	in := map[schema.Name]*table{}
	for _, t := range r.tables {
		in[t.name] = t
	}
	for _, name := range s.r.kept.names() {
		why := ""
		v, ok := s.proven[name]
		switch t := in[name]; {
		case t != nil && t.result.unkeyed, s.whole[name]:
			continue // it was compared as a whole now
		case slices.Contains(s.task.lost, name):
			why = whyLost
		case !ok:
			why = "it was never compared as a whole, and only rows that were touched are looked at: tandem verify compares all"
		case v.unlisted > 0:
			why = fmt.Sprintf("%d rows were not equal when all were compared, and which ones was not kept: tandem verify compares all again", v.unlisted)
		default:
			continue
		}
		if t := in[name]; t != nil {
			t.stop(why)
		} else {
			r.skip(name, why)
		}
	}
	return nil
}
