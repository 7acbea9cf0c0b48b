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
// rounds: the owner's row, the owner's position, the other side's row once the link
// has applied that position, the owner's row again. The package comment says
// what follows from it. What was seen counts only if the table had one owner all
// the time.
//
// Servers before 5.7 count a transaction as executed a moment before its rows can
// be seen, and every server shows rows a moment before their transaction counts
// as executed. So one round proves nothing; rounds are apart in time, and three
// in a row must see the same.
const (
	sameRounds = 3
	roundEvery = 100 * time.Millisecond
	// batchKeys are the rows that one round of statements looks at: few, since the
	// owner's two looks at a row that is written to should lie close together. Where
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
	// same is for how many rounds both rows stood still, as they are in last, while
	// led was the leader.
	same int
	last [2]image
	led  leader
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
		if len(waiting) > 0 && s.run.linked() {
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
			for _, c := range all[begin:end] {
				if c != nil {
					s.drop(c)
				}
			}
			unsettled = nil
		}
		left = append(left, unsettled...)
		begin = end
	}
	return left, nil
}

// batch looks at candidates of one table. In the place of those that it has settled
// it leaves nil.
func (s *settler) batch(ctx context.Context, w *worker, t *table, batch []*candidate) ([]*candidate, error) {
	led, err := s.run.leaderNow(ctx, t.name)
	if err != nil {
		return nil, err
	}
	// How long it has waited for its turn says nothing about a row, nor how it was
	// under another owner.
	for _, c := range batch {
		if c.looks == 0 || c.led != led {
			c.since, c.led, c.same = time.Now(), led, 0
		}
		c.looks++
	}
	looks, err := s.look(ctx, w, t, batch, led)
	if err != nil {
		return nil, err
	}
	var left, texts []*candidate
	ripe := false
	for n, c := range batch {
		if c.stands(looks, n) {
			s.drop(c)
			batch[n] = nil
		} else {
			ripe = ripe || c.same >= sameRounds
		}
	}
	if ripe {
		if ripe, err = s.run.stillLed(ctx, t.name, led); err != nil {
			return nil, err
		}
	}
	for n, c := range batch {
		if c == nil {
			continue
		}
		if !ripe {
			c.same = min(c.same, sameRounds-1)
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
				batch[n] = nil
				continue
			}
			c.same = 0
		}
		if c.moves(looks.passed) && time.Since(c.since) > s.run.cfg.Settle {
			s.run.unresolved(c)
			s.drop(c)
			batch[n] = nil
			continue
		}
		left = append(left, c)
	}
	again, err := s.countTexts(ctx, w, t, texts)
	return append(left, again...), err
}

// stands notes what was seen of the n-th candidate, and tells whether it is equal.
func (c *candidate) stands(l looks, n int) bool {
	first, other, again := l.images[0][n], l.images[1][n], l.images[2][n]
	var now [2]image
	now[c.led.side], now[c.led.other()] = first, other
	switch {
	case other.equal(first) || other.equal(again):
		return true
	case !first.equal(again) || !l.passed:
		c.same = 0
	case c.same > 0 && c.last[source].equal(now[source]) && c.last[target].equal(now[target]):
		c.same++
	default:
		c.same, c.last = 1, now
	}
	return false
}

// moves tells whether another look would hardly tell more: a row that stood still
// is looked at until that is sure, however long the others take.
func (c *candidate) moves(passed bool) bool {
	return c.same == 0 || !passed || c.looks >= 2*sameRounds
}

// looks are the rows as they were seen: on the owner's side, the other, and the
// owner's again.
type looks struct {
	images [3][]image
	// passed tells that the link has passed the position at which the owner's were
	// read, and that it is settled who the owner is.
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

// look reads rows on the owner's side, on the other behind the owner's position,
// and on the owner's again.
func (s *settler) look(ctx context.Context, w *worker, t *table, batch []*candidate, led leader) (l looks, err error) {
	keys := make([]chunk.Key, len(batch))
	for n, c := range batch {
		keys[n] = c.key
	}
	err = w.retry(ctx, func() (err error) {
		if l.images[0], err = t.lookUp(ctx, w.ends[led.side], led.side, keys); err != nil {
			return err
		}
		if l.passed, err = s.run.passed(ctx, w, led, batch[0].since); err != nil {
			return err
		}
		if l.images[1], err = t.lookUp(ctx, w.ends[led.other()], led.other(), keys); err != nil {
			return err
		}
		l.images[2], err = t.lookUp(ctx, w.ends[led.side], led.side, keys)
		return err
	})
	return l, err
}

// pollLink is how often the link is asked how far it is.
const pollLink = 2 * time.Millisecond

// passed waits until the link has applied what the leader has executed now. It
// returns false if the wait takes longer than something that was found since may
// take to settle, and where nothing can be said: a group is being handed over, or
// only the other link runs.
func (r *run) passed(ctx context.Context, w *worker, led leader, since time.Time) (bool, error) {
	if !r.linked() {
		return true, nil
	}
	link := r.cfg.link(led.side)
	if link == nil || !led.settled {
		return false, nil
	}
	row, err := w.ends[led.side].one(ctx, []byte("SELECT @@GLOBAL.gtid_executed"))
	if err != nil {
		return false, err
	}
	if len(row) != 1 {
		return false, errors.New("the server tells no position")
	}
	executed, err := change.ParseGTIDSet(string(row[0]))
	if err != nil {
		return false, err
	}
	deadline := since.Add(r.cfg.Settle)
	for pause := pollLink; ; pause = min(2*pause, roundEvery) {
		applied, err := link.Applied(ctx)
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
