package rehearsal

import (
	"slices"
	"strings"

	"tandem/internal/sandbox/bank"
)

// Handover is what was seen of one stage that went to a side, or did not.
type Handover struct {
	Round int    `json:"round"`
	Stage string `json:"stage"`
	To    string `json:"to"`
	// Pause is the time in which no application could write, as the application
	// saw it: from the last commit on the old side to the first one on the new.
	Pause float64 `json:"pause_seconds"`
	// Waited is what tandem says: from when the fence was up until the new owner
	// knew that it is.
	Waited float64 `json:"waited_seconds"`
	// Steps are tandem's own times.
	Steps []Step `json:"steps,omitempty"`
	// Seconds is all of it, from the beginning of the run to its end.
	Seconds float64 `json:"seconds"`
	// Undone says why it was undone; empty if it was not.
	Undone string `json:"undone,omitempty"`
	// Failed are the application's statements that failed meanwhile, by why;
	// deadlocks, which every application meets, are among Errors only.
	Failed int64                `json:"failed_statements"`
	Errors map[bank.Class]int64 `json:"errors,omitempty"`
}

// Step is one step of a handover.
type Step struct {
	Step    string  `json:"step"` // without the stage's name
	Seconds float64 `json:"seconds"`
}

// Summary is what a list of handovers comes to.
type Summary struct {
	Handovers int `json:"handovers"`
	// Undone were, and why, with how often.
	Undone int            `json:"undone"`
	Why    map[string]int `json:"why,omitempty"`
	// Pause is the application's view of those that were done, Waited tandem's.
	Pause  Quantiles `json:"pause"`
	Waited Quantiles `json:"waited"`
	// Steps are in the order in which they are done.
	Steps []StepSummary `json:"steps,omitempty"`
	// Failed are the application's failed statements, FailedUndone those in
	// handovers that were undone: there should be none.
	Failed       int64                `json:"failed_statements"`
	FailedUndone int64                `json:"failed_statements_in_undone"`
	Errors       map[bank.Class]int64 `json:"errors,omitempty"`
}

// StepSummary is how long a step took, over all handovers.
type StepSummary struct {
	Step string `json:"step"`
	Quantiles
	// Share is its part of the median pause, for steps of the pause.
	Share float64 `json:"share,omitempty"`
}

// Quantiles of times, in seconds.
type Quantiles struct {
	P50 float64 `json:"p50_seconds"`
	P99 float64 `json:"p99_seconds"`
	Max float64 `json:"max_seconds"`
}

// QuantilesOf sorts times and picks.
func QuantilesOf(list []float64) Quantiles {
	sorted := slices.Sorted(slices.Values(list))
	at := func(q float64) float64 {
		if len(sorted) == 0 {
			return 0
		}
		return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
	}
	return Quantiles{P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// pauseSteps are those that writers wait for, in the order of the plan. It is read
// only.
var pauseSteps = []string{"fence", "prove", "marker", "drain", "compare", "prepare", "commit", "carry"}

// Summarise works out what a list comes to.
func Summarise(list []Handover) Summary {
	s := Summary{Handovers: len(list), Why: map[string]int{}, Errors: map[bank.Class]int64{}}
	var pauses, waits []float64
	steps := map[string][]float64{}
	var order []string
	for _, h := range list {
		s.Failed += h.Failed
		for class, n := range h.Errors {
			s.Errors[class] += n
		}
		if h.Undone != "" {
			s.Undone++
			s.Why[h.Undone]++
			s.FailedUndone += h.Failed
			continue
		}
		if h.Pause > 0 {
			pauses = append(pauses, h.Pause)
		}
		waits = append(waits, h.Waited)
		for _, step := range carried(h) {
			if !slices.Contains(order, step.Step) {
				order = append(order, step.Step)
			}
			steps[step.Step] = append(steps[step.Step], step.Seconds)
		}
	}
	s.Pause, s.Waited = QuantilesOf(pauses), QuantilesOf(waits)
	all := 0.0
	for _, name := range order {
		one := StepSummary{Step: name, Quantiles: QuantilesOf(steps[name])}
		if slices.Contains(pauseSteps, name) {
			all += one.P50
		}
		s.Steps = append(s.Steps, one)
	}
	for i := range s.Steps {
		if slices.Contains(pauseSteps, s.Steps[i].Step) && all > 0 {
			s.Steps[i].Share = s.Steps[i].P50 / all
		}
	}
	return s
}

// carried returns the steps with no more for the last of the pause than what the
// pause has left: that step also writes the journal, for which nobody waits.
func carried(h Handover) []Step {
	left := h.Waited
	list := slices.Clone(h.Steps)
	for i, s := range list {
		if s.Step == "carry" && h.Waited > 0 {
			list[i].Seconds = min(s.Seconds, max(left, 0))
		} else if slices.Contains(pauseSteps, s.Step) {
			left -= s.Seconds
		}
	}
	return list
}

// StepName is a step's name without its stage's.
func StepName(id string) string {
	_, name, found := strings.Cut(id, "/")
	if !found {
		return id
	}
	return name
}
