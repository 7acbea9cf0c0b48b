package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// retained asks that both sides keep the binlogs that the links still need for
// long enough: without them there is no way on, and no way back.
type retained struct {
	spec *plans.RetentionGate

	asked time.Time
	last  runner.Reading
	err   error
}

func newRetention(s plans.Step) runner.Gate {
	return &retained{spec: s.Spec.(*plans.RetentionGate)}
}

// retentionEvery bounds how often the servers and clouds are asked.
const retentionEvery = 5 * time.Second

// Check implements [runner.Gate].
func (g *retained) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	if g.asked.IsZero() || r.Now().Sub(g.asked) >= retentionEvery {
		g.last, g.err = g.ask(ctx, r)
		g.asked = r.Now()
	}
	return g.last, g.err
}

func (g *retained) ask(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	if r.Retention == nil {
		return runner.Reading{}, errors.New("nobody can say how long binlogs are kept")
	}
	above := time.Duration(g.spec.Above)
	reading := runner.Reading{Holds: true, Data: journal.Data{}}
	var says []string
	for _, side := range []ownership.Side{ownership.Source, ownership.Target} {
		left, err := r.Retention.Left(ctx, side)
		if err != nil {
			return runner.Reading{}, fmt.Errorf("the %s: %w", side, err)
		}
		text := fmt.Sprintf("the %s's %s", side, left)
		if !left.Above(above) {
			reading.Holds = false
			text += fmt.Sprintf(", which is not above %s", above)
			if left.Raise != "" && !left.Purged {
				text += ": " + left.Raise
			}
		}
		says = append(says, text)
		reading.Data[string(side)+"_left"], reading.Data[string(side)+"_from"] = left.For, left.From
	}
	reading.Says = strings.Join(says, "; ")
	return reading, nil
}
