package cli

import (
	"fmt"
	"strings"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/plans"
)

// lastRehearsal returns what the last rehearsal of a plan took, nil if there was
// none.
func lastRehearsal(configFile, digest string) (*rehearsal.Past, error) {
	h, err := rehearsal.Read(rehearsalsDir(configFile), digest)
	if err != nil || len(h.Past) == 0 {
		return nil, err
	}
	return &h.Past[len(h.Past)-1], nil
}

// rehearsedTime says how long a step took when the plan was rehearsed.
func rehearsedTime(p *rehearsal.Past, step plans.Step) string {
	if p == nil {
		return ""
	}
	for _, stage := range p.Stages {
		if stage.Stage != step.Stage {
			continue
		}
		for _, s := range stage.Steps {
			if s.Step == rehearsal.StepName(step.ID) {
				return fmt.Sprintf(" %s, at most %s", ui.Seconds(s.P50), ui.Seconds(s.Max))
			}
		}
	}
	return ""
}

// rehearsedText says when the plan was rehearsed, and how long nobody could write.
func rehearsedText(p *rehearsal.Past) string {
	if p == nil {
		return ""
	}
	var pauses []string
	for _, s := range p.Stages {
		pauses = append(pauses, fmt.Sprintf("%s %s, at most %s", s.Stage, ui.Seconds(s.Pause.P50), ui.Seconds(s.Pause.Max)))
	}
	return fmt.Sprintf("\nrehearsed %s, %s; nobody could write for: %s\n", p.At.Format(time.RFC3339), amount(int64(p.Rounds), "round"), strings.Join(pauses, "; "))
}
