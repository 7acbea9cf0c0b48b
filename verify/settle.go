package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"tandem/internal/change"
	"tandem/internal/chunk"
)

// A row that differed may be on its way. The settler looks at it again, in
// rounds: the source's row, the source's position, the target's row once the link
// has applied that position, the source's row again. The package comment says
// what follows from it.
//
// Servers before 5.7 count a transaction as executed a moment before its rows can
// be seen, and every server shows rows a moment before their transaction counts
// as executed. So one round proves nothing; rounds are apart in time, and three
// in a row must see the same.
const (
	sameRounds = 3
	roundEvery = 100 * time.Millisecond
	// batchKeys are the rows that one round of statements looks at: few, since the
	// source's two looks at a row that is written to should lie close together. Where
	// very many wait, most are not written to: then it is up to manyKeys.
	batchKeys = 100
	manyKeys  = 1000
	// maxCandidates bounds the rows that wait.
	maxCandidates = 20_000
)

// candidate is a row that differed when it was last looked at.
type candidate struct {
	table *table
	key   chunk.Key
	since time.Time // when it was first looked at
	looks int
	// same is for how many rounds both rows stood still, as they are in last.
	same int
	last [2]image
}

// settler decides what is wrong and what is only late.
type settler struct {
	run  *run
	room *semaphore.Weighted

	mu     sync.Mutex
	in     []*candidate
	closed bool
	wake   chan struct{}
}

func newSettler(r *run) *settler {
	return &settler{run: r, room: semaphore.NewWeighted(maxCandidates), wake: make(chan struct{}, 1)}
}

// add hands rows over. It waits for room.
func (s *settler) add(ctx context.Context, t *table, keys []chunk.Key) error {
	for len(keys) > 0 {
		n := min(len(keys), maxCandidates/8)
		if err := s.room.Acquire(ctx, int64(n)); err != nil {
			return context.Cause(ctx)
		}
		t.mu.Lock()
		t.pending += n
		t.mu.Unlock()
		s.run.unsettled.Add(int64(n))
		s.mu.Lock()
		for _, k := range keys[:n] {
			s.in = append(s.in, &candidate{table: t, key: k})
		}
		s.mu.Unlock()
		s.nudge()
		keys = keys[n:]
	}
	return nil
}

// close tells that nothing is added any more.
func (s *settler) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.nudge()
}

func (s *settler) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run settles until the settler is closed and nothing is left.
func (s *settler) Run(ctx context.Context) error {
	w := &worker{run: s.run, ends: s.run.newEnds()}
	defer s.run.giveBack(w.ends)
	var waiting []*candidate
	for {
		began := time.Now()
		s.mu.Lock()
		waiting = append(waiting, s.in...)
		s.in = nil
		closed := s.closed
		s.mu.Unlock()
		if len(waiting) == 0 {
			if closed {
				return nil
			}
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		var err error
		if waiting, err = s.round(ctx, w, waiting); err != nil {
			return err
		}
		if len(waiting) > 0 && s.run.cfg.Link != nil {
			if err := wait(ctx, roundEvery-time.Since(began)); err != nil {
				return err
			}
		}
	}
}

// round looks at every candidate once and returns those that are not settled.
func (s *settler) round(ctx context.Context, w *worker, all []*candidate) ([]*candidate, error) {
	var left []*candidate
	most := min(max(len(all)/10, batchKeys), manyKeys)
	for begin := 0; begin < len(all); {
		t := all[begin].table
		end := begin + 1
		for end < len(all) && end-begin < most && all[end].table == t {
			end++
		}
		unsettled, err := s.batch(ctx, w, t, all[begin:end])
		if err != nil {
			if !refused(err) {
				return nil, fmt.Errorf("look again at rows of %s: %w", t.name, err)
			}
			t.stop("its rows can not be looked at again: " + err.Error())
			s.drop(all[begin:end]...)
			unsettled = nil
		}
		left = append(left, unsettled...)
		begin = end
	}
	return left, nil
}

// batch looks at candidates of one table.
func (s *settler) batch(ctx context.Context, w *worker, t *table, batch []*candidate) ([]*candidate, error) {
	// How long it has waited for its turn says nothing about a row.
	for _, c := range batch {
		if c.looks == 0 {
			c.since = time.Now()
		}
		c.looks++
	}
	looks, err := s.look(ctx, w, t, batch)
	if err != nil {
		return nil, err
	}
	var left, texts []*candidate
	for n, c := range batch {
		s1, t1, s2 := looks.images[0][n], looks.images[1][n], looks.images[2][n]
		switch {
		case t1.equal(s1) || t1.equal(s2):
			s.drop(c)
			continue
		case !s1.equal(s2) || !looks.passed:
			c.same = 0
		case c.same > 0 && c.last[source].equal(s1) && c.last[target].equal(t1):
			c.same++
		default:
			c.same, c.last = 1, [2]image{s1, t1}
		}
		if c.same >= sameRounds && t.full(s.run.cfg.MaxFindings) && t.textOnly(c.last) {
			texts = append(texts, c)
			continue
		}
		if c.same >= sameRounds {
			done, err := s.mismatch(ctx, w, c)
			if err != nil {
				return nil, err
			}
			if done {
				s.drop(c)
				continue
			}
			c.same = 0
		}
		if c.moves(looks.passed) && time.Since(c.since) > s.run.cfg.Settle {
			s.run.unresolved(c)
			s.drop(c)
			continue
		}
		left = append(left, c)
	}
	again, err := s.countTexts(ctx, w, t, texts)
	return append(left, again...), err
}

// moves tells whether another look would hardly tell more: a row that stood still
// is looked at until that is sure, however long the others take.
func (c *candidate) moves(passed bool) bool {
	return c.same == 0 || !passed || c.looks >= 2*sameRounds
}

// looks are the rows as they were seen: source, target, source.
type looks struct {
	images [3][]image
	// passed tells that the link has passed the position at which the source was
	// read.
	passed bool
}

// drop gives the room of settled candidates back.
func (s *settler) drop(cs ...*candidate) {
	for _, c := range cs {
		s.run.finish(c.table)
	}
	s.run.unsettled.Add(-int64(len(cs)))
	s.room.Release(int64(len(cs)))
}

// look reads rows on the source, on the target behind the source's position, and
// on the source again.
func (s *settler) look(ctx context.Context, w *worker, t *table, batch []*candidate) (l looks, err error) {
	keys := make([]chunk.Key, len(batch))
	for n, c := range batch {
		keys[n] = c.key
	}
	err = w.retry(ctx, func() (err error) {
		if l.images[0], err = t.lookUp(ctx, w.ends[source], source, keys); err != nil {
			return err
		}
		if l.passed, err = s.run.passed(ctx, w, batch[0].since); err != nil {
			return err
		}
		if l.images[1], err = t.lookUp(ctx, w.ends[target], target, keys); err != nil {
			return err
		}
		l.images[2], err = t.lookUp(ctx, w.ends[source], source, keys)
		return err
	})
	return l, err
}

// pollLink is how often the link is asked how far it is.
const pollLink = 2 * time.Millisecond

// pass waits until the link has applied what the source has executed now.
func (r *run) pass(ctx context.Context, w *worker) (bool, error) {
	return r.passed(ctx, w, time.Now())
}

// passed is pass, for something that was found since: it returns false if the
// wait takes longer than that may take to settle.
func (r *run) passed(ctx context.Context, w *worker, since time.Time) (bool, error) {
	if r.cfg.Link == nil {
		return true, nil
	}
	row, err := w.ends[source].one(ctx, []byte("SELECT @@GLOBAL.gtid_executed"))
	if err != nil {
		return false, err
	}
	if len(row) != 1 {
		return false, errors.New("the source tells no position")
	}
	executed, err := change.ParseGTIDSet(string(row[0]))
	if err != nil {
		return false, err
	}
	deadline := since.Add(r.cfg.Settle)
	for pause := pollLink; ; pause = min(2*pause, roundEvery) {
		applied, err := r.cfg.Link.Applied(ctx)
		if err != nil {
			return false, fmt.Errorf("ask the link for its position: %w", err)
		}
		if applied.ContainsSet(executed) {
			return true, nil
		}
		if time.Now().After(deadline) {
			return false, nil
		}
		if err := wait(ctx, pause); err != nil {
			return false, err
		}
	}
}
