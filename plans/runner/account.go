package runner

import (
	"slices"
	"strings"
	"time"

	"tandem/plans/journal"
)

// Account is what a run did, as the journal tells it: for people who were not
// there.
type Account struct {
	Version int       `json:"version"`
	Run     string    `json:"run"`
	Mode    Mode      `json:"mode"`
	Plan    string    `json:"plan"`
	Digest  string    `json:"digest"`
	To      string    `json:"to"`
	Of      string    `json:"of,omitempty"` // the run that a rollback belongs to
	Who     string    `json:"who"`
	Begun   time.Time `json:"begun"`
	Ended   time.Time `json:"ended,omitzero"`
	// Outcome is empty for a run that has not ended.
	Outcome string         `json:"outcome,omitempty"`
	Error   string         `json:"error,omitempty"`
	Stages  []StageAccount `json:"stages"`
	// Findings are what was noted: what was waited for, changed in the clouds, found.
	Findings []Finding `json:"findings"`
	// Hash is that of the last entry: with it the journal can be held against this.
	Entries int    `json:"entries"`
	Hash    string `json:"hash"`
}

// StageAccount is one stage of a run.
type StageAccount struct {
	Stage  string   `json:"stage"`
	Groups []string `json:"groups"`
	// Handed is when the groups were handed over; zero where they were not. Pause is
	// how long writers waited, in seconds.
	Handed    time.Time     `json:"handed_over,omitzero"`
	Pause     float64       `json:"pause_seconds,omitempty"`
	Approvals []Approval    `json:"approvals,omitempty"`
	Steps     []StepAccount `json:"steps"`
}

// Approval is a person's.
type Approval struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
}

// StepAccount is one try of a step.
type StepAccount struct {
	Step  string    `json:"step"`
	Begun time.Time `json:"begun"`
	// Took is in seconds.
	Took    float64 `json:"seconds,omitempty"`
	Outcome string  `json:"outcome"` // begun, done, undone
	Says    string  `json:"says,omitempty"`
}

// Finding is something that was noted.
type Finding struct {
	At   time.Time    `json:"at"`
	Step string       `json:"step,omitempty"`
	Data journal.Data `json:"data"`
}

// Account tells what the run did.
func (p Past) Account() Account {
	a := Account{
		Version: 1, Run: p.Run, Mode: p.Mode, Plan: p.Plan, Digest: p.Digest, To: string(p.To), Of: p.Of, Who: p.Who,
		Begun: p.Begun, Ended: p.Ended, Outcome: p.Outcome, Stages: []StageAccount{}, Findings: []Finding{}, Entries: len(p.Entries),
	}
	if spec, err := p.Spec(); err == nil {
		for _, s := range spec.Stages {
			a.stage(s.Name).Groups = s.Groups
		}
	}
	for _, e := range p.Entries {
		a.Hash = e.Hash
		a.take(e)
	}
	return a
}

func (a *Account) stage(name string) *StageAccount {
	i := slices.IndexFunc(a.Stages, func(s StageAccount) bool { return s.Stage == name })
	if i < 0 {
		a.Stages = append(a.Stages, StageAccount{Stage: name, Steps: []StepAccount{}})
		i = len(a.Stages) - 1
	}
	return &a.Stages[i]
}

func (a *Account) take(e journal.Entry) {
	switch e.Kind {
	case journal.RunEnded:
		a.Error = text(e, "error")
		return
	case journal.Note:
		a.Findings = append(a.Findings, Finding{e.Time, e.Step, e.Data})
		return
	case journal.GateResult:
		if holds, _ := e.Data["holds"].(bool); !holds {
			a.Findings = append(a.Findings, Finding{e.Time, e.Step, e.Data})
		}
		return
	}
	name, _, found := strings.Cut(e.Step, "/")
	if !found {
		return
	}
	s := a.stage(name)
	last := slices.IndexFunc(s.Steps, func(one StepAccount) bool { return one.Step == e.Step && one.Outcome == "begun" })
	switch e.Kind {
	case journal.Approval:
		s.Approvals = append(s.Approvals, Approval{text(e, "who"), e.Time})
	case journal.StepBegun:
		s.Steps = append(s.Steps, StepAccount{Step: e.Step, Begun: e.Time, Outcome: "begun"})
	case journal.StepConfirmed:
		if last < 0 {
			s.Steps = append(s.Steps, StepAccount{Step: e.Step, Begun: e.Time})
			last = len(s.Steps) - 1
		}
		one := &s.Steps[last]
		one.Outcome, one.Says = "done", text(e, "says")
		if took, err := time.ParseDuration(text(e, "took")); err == nil {
			one.Took = took.Seconds()
		}
		if strings.HasSuffix(e.Step, "/commit") {
			s.Handed = e.Time
		}
		if pause, err := time.ParseDuration(text(e, "pause")); err == nil {
			s.Pause = pause.Seconds()
		}
	case journal.StepUndone:
		for i := range s.Steps {
			if s.Steps[i].Step == e.Step {
				s.Steps[i].Outcome = "undone"
			}
		}
	}
}
