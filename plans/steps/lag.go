package steps

import (
	"context"
	"fmt"
	"time"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// lag asks that the link to the new owner has been close behind for a while,
// without a break: a look that could not be made is one.
type lag struct {
	spec  *plans.LagGate
	since time.Time // from when on it has been; zero if it is not
}

func newLag(s plans.Step) runner.Gate { return &lag{spec: s.Spec.(*plans.LagGate)} }

// Check implements [runner.Gate].
func (l *lag) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	d := runner.Into(r.To())
	now := r.Now()
	s, err := r.Links.State(ctx, d)
	if err != nil {
		l.since = time.Time{}
		return runner.Reading{}, fmt.Errorf("the %s link: %w", d, err)
	}
	below, long := time.Duration(l.spec.Below), time.Duration(l.spec.For)
	if why := notRunning(r, &s); why != "" || !s.LagKnown {
		l.since = time.Time{}
		if why == "" {
			why = "does not know how far behind it is"
		}
		return runner.Reading{Says: fmt.Sprintf("the %s link %s", d, why)}, nil
	}
	behind := s.Lag.Round(time.Millisecond)
	data := journal.Data{"lag": behind, "transactions": s.Behind}
	if s.Lag >= below {
		l.since = time.Time{}
		return runner.Reading{Says: fmt.Sprintf("%s behind, must be below %s", behind, below), Data: data}, nil
	}
	if l.since.IsZero() {
		l.since = now
	}
	held := now.Sub(l.since)
	data["held"] = held.Round(time.Millisecond)
	if held < long {
		return runner.Reading{Says: fmt.Sprintf("%s behind, for %s of %s", behind, held.Round(100*time.Millisecond), long), Data: data}, nil
	}
	says := fmt.Sprintf("%s behind, below %s", behind, below)
	if long > 0 {
		says += " for " + held.Round(100*time.Millisecond).String()
	}
	return runner.Reading{Holds: true, Says: says, Data: data}, nil
}
