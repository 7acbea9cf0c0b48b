package bank

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// recorder counts what the application has seen: all in all, and since the last
// mark.
type recorder struct {
	mu        sync.Mutex
	committed int64
	last      [2]time.Time // commits acknowledged, by side
	latest    time.Time
	errors    map[Class]int64
	window    window
}

type window struct {
	began     time.Time
	committed [2]int64
	first     [2]time.Time
	gap       time.Duration
	errors    map[Class]int64
	took      []time.Duration
}

func (r *recorder) begin(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.errors == nil {
		r.errors = map[Class]int64{}
	}
	r.window = window{began: now, errors: map[Class]int64{}}
}

func (r *recorder) commit(side int, began, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.committed++
	w := &r.window
	w.committed[side]++
	if w.first[side].IsZero() {
		w.first[side] = at
	}
	if at.After(r.last[side]) {
		r.last[side] = at
	}
	if !r.latest.IsZero() {
		w.gap = max(w.gap, at.Sub(r.latest))
	}
	r.latest = at
	w.took = append(w.took, at.Sub(began))
}

func (r *recorder) failure(c Class) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors[c]++
	r.window.errors[c]++
}

// Stats is what the application has seen since it was marked last.
type Stats struct {
	Committed int64            `json:"committed"`
	Elapsed   time.Duration    `json:"-"`
	TPS       float64          `json:"transactions_per_second"`
	Errors    map[Class]int64  `json:"errors,omitempty"`
	BySide    map[string]int64 `json:"by_side,omitempty"`
	// LongestGap is the longest time in which nothing was acknowledged.
	LongestGap time.Duration `json:"-"`
	P50, P99   time.Duration `json:"-"` // of one transaction that went through
}

// Failed is how many statements of the application have failed, deadlocks aside.
func (s Stats) Failed() int64 {
	var n int64
	for class, count := range s.Errors {
		if class != Deadlock {
			n += count
		}
	}
	return n
}

// Mark begins to count anew, and returns what was counted.
func (b *Bank) Mark() Stats {
	s := b.Since()
	b.record.begin(time.Now())
	return s
}

// Since returns what was counted since the last mark.
func (b *Bank) Since() Stats {
	r := &b.record
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.window
	s := Stats{Elapsed: time.Since(w.began), Errors: maps.Clone(w.errors), BySide: map[string]int64{}, LongestGap: w.gap}
	for i, side := range b.opts.Sides {
		s.Committed += w.committed[i]
		s.BySide[side.Name] = w.committed[i]
	}
	s.TPS = float64(s.Committed) / s.Elapsed.Seconds()
	took := slices.Sorted(slices.Values(w.took))
	if n := len(took); n > 0 {
		s.P50, s.P99 = took[n/2], took[min(n*99/100, n-1)]
	}
	return s
}

// Total returns what was counted from the beginning: commits and errors.
func (b *Bank) Total() (committed int64, errors map[Class]int64) {
	r := &b.record
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.committed, maps.Clone(r.errors)
}

// Pause is how long nobody could write when the tables went to a side: from the
// last commit on the other one to the first one there, since the last mark. false:
// nothing was written there since.
func (b *Bank) Pause(to string) (time.Duration, bool) {
	r := &b.record
	r.mu.Lock()
	defer r.mu.Unlock()
	i := 0
	if b.opts.Sides[1].Name == to {
		i = 1
	}
	first := r.window.first[i]
	if first.IsZero() {
		return 0, false
	}
	return first.Sub(r.last[1-i]), true
}
