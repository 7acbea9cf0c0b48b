package courier

import (
	"maps"
	"math"
	"sync"
	"time"
)

// LoadStats is what a load has done so far.
type LoadStats struct {
	Elapsed   time.Duration
	Committed int64 // transactions
	// RolledBack were rolled back on purpose, or because another transaction
	// was first (Duplicate, ForeignKey).
	RolledBack int64
	Abandoned  int64 // tried and given up after too many deadlocks or lock waits
	Retries    int64 // transactions begun again after a deadlock or lock wait
	Reconnects int64
	Statements int64

	TPS    float64 // transactions ended (committed or rolled back on purpose) a second, over the whole time
	Recent float64 // the same over the last second or so (progress only)

	Operations map[string]int64     // ended, by operation; see Operations
	Errors     map[ErrorClass]int64 // by class, retried ones included

	// Latency is from the moment a transaction was due, so it includes the
	// time it had to wait because the database held up those before it.
	P50, P99, Max time.Duration
	// LongestGap is the longest time in which no transaction ended: the pause
	// of writes as the application sees it.
	LongestGap time.Duration
	// Behind is how late the last transaction began. It grows when the
	// database (or this machine) cannot keep up with the rate.
	Behind time.Duration
}

// recorder collects LoadStats from all workers.
type recorder struct {
	started time.Time

	mu      sync.Mutex
	stats   LoadStats
	latency histogram
	ended   int64
	lastEnd time.Time
	shownAt time.Time
	shown   int64
}

func newRecorder(now time.Time) *recorder {
	return &recorder{started: now, lastEnd: now, shownAt: now, stats: LoadStats{
		Operations: map[string]int64{}, Errors: map[ErrorClass]int64{},
	}}
}

func (r *recorder) end(operation string, committed bool, due, begun, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if committed {
		r.stats.Committed++
	} else {
		r.stats.RolledBack++
	}
	r.stats.Operations[operation]++
	r.stats.Behind = max(0, begun.Sub(due))
	r.latency.add(now.Sub(due))
	r.ended++
	r.gapLocked(now)
	r.lastEnd = now
}

func (r *recorder) gapLocked(now time.Time) {
	r.stats.LongestGap = max(r.stats.LongestGap, now.Sub(r.lastEnd))
}

// count changes plain figures.
func (r *recorder) count(change func(*LoadStats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.stats)
}

func (r *recorder) failed(class ErrorClass) {
	r.count(func(s *LoadStats) { s.Errors[class]++ })
}

// snapshot copies the figures as of now. A gap that has not ended counts, too.
func (r *recorder) snapshot(now time.Time) LoadStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gapLocked(now)
	s := r.stats
	s.Operations, s.Errors = maps.Clone(s.Operations), maps.Clone(s.Errors)
	s.Elapsed = now.Sub(r.started)
	s.TPS = rate(r.ended, s.Elapsed)
	s.Recent = rate(r.ended-r.shown, now.Sub(r.shownAt))
	r.shown, r.shownAt = r.ended, now
	s.P50, s.P99, s.Max = r.latency.quantile(0.50), r.latency.quantile(0.99), r.latency.max
	return s
}

func rate(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// histogram counts durations in buckets that grow by a twelfth of an octave
// (6 %), from a microsecond to over an hour.
type histogram struct {
	buckets [12 * 33]int64
	n       int64
	max     time.Duration
}

const bucketsPerOctave = 12

func (h *histogram) add(d time.Duration) {
	h.n++
	h.max = max(h.max, d)
	i := 0
	if us := float64(d) / float64(time.Microsecond); us > 1 {
		i = int(math.Log2(us) * bucketsPerOctave)
	}
	h.buckets[min(i, len(h.buckets)-1)]++
}

// quantile returns the upper end of the bucket that holds the quantile.
func (h *histogram) quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := int64(math.Ceil(q * float64(h.n)))
	for i, n := range h.buckets {
		if rank -= n; rank <= 0 {
			upper := math.Exp2(float64(i+1)/bucketsPerOctave) * float64(time.Microsecond)
			return min(time.Duration(upper), h.max)
		}
	}
	return h.max
}
