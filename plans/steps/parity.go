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

// parity asks that every table of the groups was proved equal within a time.
//
// A proof that is too old is made young again by comparing what was touched since:
// rows that nobody has touched are as equal as they were.
type parity struct {
	spec *plans.ParityGate
	// tried is when the proof was refreshed last.
	tried time.Time
}

func newParity(s plans.Step) runner.Gate { return &parity{spec: s.Spec.(*plans.ParityGate)} }

// refreshEvery bounds how often rows are compared for this gate alone.
const refreshEvery = 5 * time.Second

// Check implements [runner.Gate].
func (p *parity) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	at, problems, err := r.Parity.Proven(ctx, r.Groups)
	if err != nil {
		return runner.Reading{}, err
	}
	within := time.Duration(p.spec.Within)
	if len(problems) == 0 && !at.IsZero() && r.Now().Sub(at) > within && r.Now().Sub(p.tried) >= min(refreshEvery, within) {
		p.tried = r.Now()
		r.Say(fmt.Sprintf("the proof of parity is %s old: comparing what was touched since", age(r, at)))
		if err := r.Parity.Refresh(ctx, r.Groups); err != nil {
			return runner.Reading{}, fmt.Errorf("compare what was touched since %s: %w", at.UTC().Format(time.RFC3339), err)
		}
		if at, problems, err = r.Parity.Proven(ctx, r.Groups); err != nil {
			return runner.Reading{}, err
		}
	}
	switch {
	case len(problems) > 0:
		return runner.Reading{Says: few(problems, 3), Data: journal.Data{"problems": problems[:min(len(problems), 20)]}}, nil
	case at.IsZero():
		return runner.Reading{Says: "nothing was ever proved equal: run tandem verify"}, nil
	}
	data := journal.Data{"proved_at": at}
	if r.Now().Sub(at) > within {
		return runner.Reading{Says: fmt.Sprintf("proved equal %s ago, must be within %s", age(r, at), within), Data: data}, nil
	}
	return runner.Reading{Holds: true, Says: fmt.Sprintf("proved equal %s ago", age(r, at)), Data: data}, nil
}

func age(r *runner.Run, at time.Time) time.Duration {
	return r.Now().Sub(at).Round(time.Second)
}

// few names the first ones of a list, and counts the others.
func few(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(list[:n], "; "), len(list)-n)
}
