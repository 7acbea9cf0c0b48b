package steps

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// links asks that both links run and that nothing is open that a person has to
// look at.
type links struct{}

func newLinks(plans.Step) runner.Gate { return links{} }

// staleAfter is the age at which a link's own word about itself counts no more.
const staleAfter = 10 * time.Second

// Check implements [runner.Gate].
func (links) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	var wrong []string
	data := journal.Data{}
	for _, d := range []runner.Direction{runner.Forward, runner.Reverse} {
		s, err := r.Links.State(ctx, d)
		if err != nil {
			return runner.Reading{}, fmt.Errorf("the %s link: %w", d, err)
		}
		data[string(d)] = s.State
		if why := notRunning(r, &s); why != "" {
			wrong = append(wrong, fmt.Sprintf("the %s link %s", d, why))
		}
		if s.Conflicts > 0 {
			wrong = append(wrong, fmt.Sprintf("the %s link has %d conflicts open", d, s.Conflicts))
		}
		if s.Breaches > 0 {
			wrong = append(wrong, fmt.Sprintf("the %s link has kept %d breaches, writes on the side that is no owner: tandem breach lists them and says how to settle them", d, s.Breaches))
		}
	}
	if len(wrong) > 0 {
		return runner.Reading{Says: strings.Join(wrong, "; "), Data: data}, nil
	}
	return runner.Reading{Holds: true, Says: "both links run, and nothing is open", Data: data}, nil
}

// notRunning says what keeps a link from applying what happens, or nothing.
func notRunning(r *runner.Run, s *runner.LinkState) string {
	switch {
	case !s.Running:
		why := "does not run: tandem replicate must"
		if s.Error != "" {
			why += " (" + s.Error + ")"
		}
		return why
	case !s.Streaming:
		why := "is " + s.State
		if s.Error != "" {
			why += ": " + s.Error
		}
		return why
	case !s.At.IsZero() && r.Now().Sub(s.At) > staleAfter:
		return "has not been heard of for " + r.Now().Sub(s.At).Round(time.Second).String()
	}
	return ""
}
