package cli

import (
	"errors"
	"fmt"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/plans/runner"
)

// planOutcome is what -o json prints of a run.
type planOutcome struct {
	Version int            `json:"version"`
	Run     string         `json:"run"`
	Mode    string         `json:"mode"`
	Plan    string         `json:"plan"`
	Outcome string         `json:"outcome"` // empty while the run has not ended
	Begun   time.Time      `json:"begun"`
	Ended   time.Time      `json:"ended,omitzero"`
	Stages  []stageOutcome `json:"stages"`
	Journal string         `json:"journal"`
}

type stageOutcome struct {
	Name         string       `json:"name"`
	Groups       []string     `json:"groups"`
	HandedOver   bool         `json:"handed_over"`
	PauseSeconds float64      `json:"pause_seconds,omitempty"`
	Steps        []stepTiming `json:"steps,omitempty"`
}

type stepTiming struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

// outcome prints what the last run has come to, and passes its error on.
func (w *planWork) outcome(r *runner.Runner, err error) error {
	list := r.History()
	if len(list) == 0 || errors.Is(err, runner.ErrNothing) {
		return err
	}
	o := w.outcomeOf(list[len(list)-1])
	shown := w.result(o, o.write)
	return errors.Join(err, shown)
}

func (w *planWork) outcomeOf(p runner.Past) planOutcome {
	o := planOutcome{Version: 1, Run: p.Run, Mode: string(p.Mode), Plan: p.Plan, Outcome: p.Outcome, Begun: p.Begun, Ended: p.Ended,
		Stages: []stageOutcome{}, Journal: w.file}
	spec, err := p.Spec()
	if err != nil && len(spec.Stages) == 0 {
		return o
	}
	for _, s := range spec.Stages {
		timings, pause := p.Timings(s.Name)
		one := stageOutcome{Name: s.Name, Groups: s.Groups, PauseSeconds: pause.Seconds()}
		_, one.HandedOver = p.Confirmed(s.Name + "/carry")
		for _, t := range timings {
			one.Steps = append(one.Steps, stepTiming{t.Step, t.Took.Seconds()})
		}
		o.Stages = append(o.Stages, one)
	}
	return o
}

func (o planOutcome) write(out ui.Stream) error {
	t := &ui.Table{Header: []string{"STAGE", "HANDED OVER", "WRITERS WAITED"}}
	for _, s := range o.Stages {
		handed, waited := "no", ""
		if s.HandedOver {
			handed, waited = "yes", ui.Seconds(s.PauseSeconds)
		}
		t.Row(s.Name, handed, waited)
	}
	if err := t.Write(out); err != nil {
		return err
	}
	end := o.Outcome
	if end == "" {
		end = "not ended"
	}
	_, err := fmt.Fprintf(out, "run %s (%s): %s\n", o.Run, o.Mode, end)
	return err
}
