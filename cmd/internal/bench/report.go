package bench

import (
	"cmp"
	"slices"
	"time"
)

// Report is what a run has measured.
type Report struct {
	Began    time.Time `json:"began"`
	Machine  Machine   `json:"machine"`
	Settings Settings  `json:"settings"`
	Races    []Race    `json:"races,omitempty"`
	Latency  []Latency `json:"latency,omitempty"`
	// Handovers is what the part handover has measured.
	Handovers *Handovers `json:"handover,omitempty"`
	Goals     []Goal     `json:"goals,omitempty"`
	Micro     []Micro    `json:"micro,omitempty"`
	Seconds   float64    `json:"seconds"`
}

// Machine is what it was measured on.
type Machine struct {
	CPUs  int    `json:"cpus"`
	MySQL string `json:"mysql"`
	Go    string `json:"go"`
	OS    string `json:"os"`
	// Load is the number of processes that wanted to run when the run began:
	// above one, something else was going on.
	Load float64 `json:"load"`
}

// Settings are the options that matter for the result.
type Settings struct {
	Durability   string   `json:"durability"`
	BufferPoolMB int      `json:"buffer_pool_mb"`
	Clients      int      `json:"clients"`
	Rounds       int      `json:"rounds"`
	TableRows    int      `json:"table_rows"`
	Tandem       []string `json:"tandem,omitempty"`
}

// Race is one piece of work that all contenders did.
type Race struct {
	Name         string   `json:"name"`
	Title        string   `json:"title"`
	Kind         string   `json:"kind"` // apply or copy
	Transactions int      `json:"transactions,omitempty"`
	Rows         int64    `json:"rows"`
	Bytes        int64    `json:"bytes"`
	Results      []Result `json:"results"`
}

// Result is one contender in a race.
type Result struct {
	Contender string `json:"contender"`
	// Skipped is why it did not take part.
	Skipped string    `json:"skipped,omitempty"`
	Rounds  []Measure `json:"rounds,omitempty"`
	// Median is the round with the median time.
	Median Measure `json:"median,omitzero"`
	// Ratio is how many times as fast as this contender tandem was.
	Ratio float64 `json:"tandem_is_faster_by,omitempty"`
}

// Measure is one round of one contender.
type Measure struct {
	Seconds float64 `json:"seconds"`
	// Startup is the part of it before anything was applied, where it is known.
	Startup float64 `json:"startup_seconds,omitempty"`
	CPU     CPU     `json:"cpu_seconds"`
	// Peak is the most memory of the contender's own process.
	Peak int64 `json:"peak_bytes,omitempty"`
	// Difference is what the judge found; empty for equal.
	Difference string `json:"difference,omitempty"`
}

// Latency is from the source's answer to COMMIT to a reader on the target.
type Latency struct {
	Contender string  `json:"contender"`
	Samples   int     `json:"samples"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
}

// Micro is one of Go's benchmarks.
type Micro struct {
	Name    string             `json:"name"`
	Metrics map[string]float64 `json:"metrics"`
}

// add adds a race that was run, in part at least.
func (r *Report) add(race Race) {
	if slices.ContainsFunc(race.Results, func(result Result) bool { return len(result.Rounds) > 0 }) {
		r.Races = append(r.Races, race)
	}
}

// contenderTandem is the name of ours in every race.
const contenderTandem = "tandem"

// finish works out medians and ratios.
func (r *Race) finish() {
	var ours float64
	for n := range r.Results {
		result := &r.Results[n]
		result.Median = median(result.Rounds)
		if result.Contender == contenderTandem {
			ours = result.Median.Seconds
		}
	}
	for n := range r.Results {
		if result := &r.Results[n]; result.Contender != contenderTandem && ours > 0 {
			result.Ratio = result.Median.Seconds / ours
		}
	}
}

// median is the round in the middle, the faster of two.
func median(rounds []Measure) Measure {
	if len(rounds) == 0 {
		return Measure{}
	}
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b Measure) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return sorted[(len(sorted)-1)/2]
}

// quantile of a sorted list.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
