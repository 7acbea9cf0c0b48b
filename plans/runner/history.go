package runner

import (
	"strings"
	"time"

	"tandem/internal/ownership"
	"tandem/plans/journal"
)

// Mode says what a run does.
type Mode string

// The modes.
const (
	HandOver Mode = "handover" // a plan
	GoBack   Mode = "rollback" // stages of a plan, in the other direction
	Rescue   Mode = "rescue"   // like a rollback, from a side that is dead
)

// The outcomes of a run that has ended.
const (
	OutcomeDone       = "done"
	OutcomeUndone     = "undone"
	OutcomeAborted    = "aborted"
	OutcomeRolledBack = "rolled back"
)

// Past is a run as the journal tells it.
type Past struct {
	Run     string
	Mode    Mode
	Plan    string
	Digest  string
	To      ownership.Side
	Of      string // the run that a rollback belongs to
	Who     string
	Host    string
	Begun   time.Time
	Ended   time.Time // zero: it has not ended
	Outcome string
	First   journal.Entry
	Entries []journal.Entry
}

// Pasts reads the runs out of a journal, the oldest first.
func Pasts(c journal.Chain) []Past {
	var list []Past
	at := map[string]int{}
	for _, e := range c.Entries {
		if e.Kind == journal.RunBegun {
			at[e.Run] = len(list)
			list = append(list, Past{
				Run: e.Run, Mode: Mode(text(e, "mode")), Plan: text(e, "plan"), Digest: text(e, "digest"),
				To: ownership.Side(text(e, "to")), Of: text(e, "of"), Who: text(e, "who"), Host: text(e, "host"),
				Begun: e.Time, First: e,
			})
		}
		i, known := at[e.Run]
		if !known {
			continue
		}
		p := &list[i]
		p.Entries = append(p.Entries, e)
		if e.Kind == journal.RunEnded {
			p.Ended, p.Outcome = e.Time, text(e, "outcome")
		}
	}
	return list
}

func text(e journal.Entry, name string) string {
	s, _ := e.Data[name].(string)
	return s
}

// Unfinished returns the last run that has not ended, or nil.
func Unfinished(list []Past) *Past {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Ended.IsZero() {
			return &list[i]
		}
	}
	return nil
}

// Spec returns what the run works through.
func (p Past) Spec() (Spec, error) { return specOf(p.First) }

// Confirmed tells whether a step was confirmed and not undone since, and returns
// the entry.
func (p Past) Confirmed(step string) (journal.Entry, bool) {
	var found journal.Entry
	is := false
	for _, e := range p.Entries {
		if e.Step != step {
			continue
		}
		switch e.Kind {
		case journal.StepConfirmed:
			found, is = e, true
		case journal.StepUndone, journal.StepBegun:
			is = false
		}
	}
	return found, is
}

// Tried tells whether a step was begun and not undone since.
func (p Past) Tried(step string) bool {
	is := false
	for _, e := range p.Entries {
		if e.Step != step {
			continue
		}
		switch e.Kind {
		case journal.StepBegun:
			is = true
		case journal.StepUndone:
			is = false
		}
	}
	return is
}

// At returns the step that was in hand last.
func (p Past) At() string {
	for i := len(p.Entries) - 1; i >= 0; i-- {
		if p.Entries[i].Step != "" {
			return p.Entries[i].Step
		}
	}
	return ""
}

// Timing is how long a step took.
type Timing struct {
	Step string        `json:"step"`
	Took time.Duration `json:"took"`
}

// Timings returns how long the steps of a stage took, and how long writers were
// paused; zero where it was not handed over.
func (p Past) Timings(stage string) (list []Timing, pause time.Duration) {
	for _, e := range p.Entries {
		if e.Kind != journal.StepConfirmed || !strings.HasPrefix(e.Step, stage+"/") {
			continue
		}
		took, err := time.ParseDuration(text(e, "took"))
		if err != nil {
			continue
		}
		list = append(list, Timing{e.Step, took})
		if d, err := time.ParseDuration(text(e, "pause")); err == nil {
			pause = d
		}
	}
	return list, pause
}
