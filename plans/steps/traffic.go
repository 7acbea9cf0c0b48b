package steps

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/program"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// traffic sends applications to the side that owns the groups now: a program or a
// request of the plan's, with ${side} and ${groups} filled in. It may be done more
// than once, after a crash for one, so it must say where traffic goes, not that it
// is to change sides.
type traffic struct {
	exec *plans.Exec
	http *plans.HTTP

	result program.Result
	answer answered
}

func newTraffic(s plans.Step) (runner.Action, error) {
	switch spec := s.Spec.(type) {
	case *plans.Exec:
		return &traffic{exec: spec}, nil
	case *plans.HTTP:
		return &traffic{http: spec}, nil
	default:
		return nil, fmt.Errorf("it has neither a program nor a request but a %T", spec)
	}
}

// Apply implements [runner.Action].
func (t *traffic) Apply(ctx context.Context, r *runner.Run) error { return t.send(ctx, r, r.Vars()) }

func (t *traffic) send(ctx context.Context, r *runner.Run, vars runner.Vars) (err error) {
	if t.exec != nil {
		t.result, err = run(ctx, r, t.exec, vars)
		return err
	}
	t.answer, err = send(ctx, r, t.http, vars)
	return err
}

// Confirm implements [runner.Action].
func (t *traffic) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	if t.exec != nil {
		says := t.exec.Command[0] + " has ended with 0"
		if t.result.Last != "" {
			says += ": " + journal.Mask(t.result.Last)
		}
		return journal.Data{"side": string(r.To()), "says": says, "last_line": t.result.Last, "ran": t.result.Took.Round(time.Millisecond)}, nil
	}
	data := journal.Data{"side": string(r.To()), "says": t.answer.says}
	for name, value := range t.answer.data {
		data[name] = value
	}
	return data, nil
}

// Undo implements [runner.Action]: the same with the other side.
func (t *traffic) Undo(ctx context.Context, r *runner.Run) error {
	return t.send(ctx, r, runner.Vars{Side: r.From(), Groups: r.Groups})
}
