package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/program"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// execCheck runs a program of the plan's, which must end with 0.
type execCheck struct{ spec *plans.Exec }

func newExec(s plans.Step) runner.Gate { return &execCheck{s.Spec.(*plans.Exec)} }

// Check implements [runner.Gate]. A program that ends with another number, or
// takes too long, has given its answer; one that can not be started has not.
func (c *execCheck) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	result, err := run(ctx, r, c.spec, r.Vars())
	if ctx.Err() != nil {
		return runner.Reading{}, context.Cause(ctx)
	}
	data := journal.Data{"exit_code": result.Code, "last_line": result.Last, "took": result.Took.Round(time.Millisecond)}
	said := journal.Mask(result.Last)
	if said != "" {
		said = ": " + said
	}
	name := c.spec.Command[0]
	var timeout *program.TimeoutError
	switch {
	case err == nil:
		return runner.Reading{Holds: true, Says: name + " ends with 0" + said, Data: data}, nil
	case errors.As(err, &timeout):
		return runner.Reading{Says: fmt.Sprintf("%s did not end within %s%s", name, timeout.After, said), Data: data}, nil
	case result.Code > 0:
		return runner.Reading{Says: fmt.Sprintf("%s ends with %d%s", name, result.Code, said), Data: data}, nil
	}
	return runner.Reading{}, err
}

// run runs a program in the plan's folder, its variables filled in.
func run(ctx context.Context, r *runner.Run, e *plans.Exec, vars runner.Vars) (program.Result, error) {
	argv := make([]string, len(e.Command))
	for i, a := range e.Command {
		argv[i] = vars.Expand(a)
	}
	result, err := program.Run(ctx, program.Program{Argv: argv, Dir: r.Dir, Timeout: time.Duration(e.Timeout)})
	if err != nil {
		return result, &maskedError{journal.Mask(err.Error()), err}
	}
	return result, nil
}

// maskedError is an error in whose text what programs and servers say has its
// passwords replaced.
type maskedError struct {
	text  string
	cause error
}

func (e *maskedError) Error() string { return strings.TrimSpace(e.text) }
func (e *maskedError) Unwrap() error { return e.cause }
