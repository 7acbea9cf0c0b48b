package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/internal/program"
)

// planLoad is the program of the plan's that writes to the clones.
type planLoad struct {
	failed context.Context // ends when it has failed
	cancel context.CancelCauseFunc
	fail   context.CancelCauseFunc
	ended  chan error
}

var errLoadStopped = errors.New("the rehearsal is over")

// startLoad runs the plan's load, if it has one, until it is stopped. It finds the
// clones in its environment.
func (r *rehearse) startLoad(ctx context.Context, dir string) *planLoad {
	run, cancel := context.WithCancelCause(ctx)
	failed, fail := context.WithCancelCause(ctx)
	l := &planLoad{failed: failed, cancel: cancel, fail: fail, ended: make(chan error, 1)}
	if r.plan.Rehearse == nil || r.plan.Rehearse.Load == nil {
		r.say("  the plan has no rehearse.load: nobody writes, and how long writers would wait is what the steps took")
		l.ended <- nil
		return l
	}
	for name, value := range map[string]string{
		"TANDEM_REHEARSAL": "1", "TANDEM_REHEARSAL_SOURCE": r.cfg.Source.CloudSQL.Instance, "TANDEM_REHEARSAL_TARGET": r.cfg.Target.Aurora.Cluster,
	} {
		// Programs get tandem's own environment; that of this process is its own.
		if err := os.Setenv(name, value); err != nil {
			l.ended <- err
			return l
		}
	}
	command := r.plan.Rehearse.Load.Command
	r.say("%s %s writes", r.err.Paint(ui.Cyan, "==>"), command[0])
	go func() {
		result, err := program.Run(run, program.Program{Argv: command, Dir: dir})
		if errors.Is(context.Cause(run), errLoadStopped) {
			err = nil // it was ended here
		} else if err == nil {
			err = fmt.Errorf("%s has ended by itself after %s: it must write until it is ended", command[0], result.Took.Round(time.Second))
		}
		l.fail(err)
		l.ended <- err
	}()
	return l
}

// stop ends the load. The error is that it had ended before.
func (l *planLoad) stop() error {
	l.cancel(errLoadStopped)
	defer l.fail(nil)
	if err := <-l.ended; err != nil {
		return fmt.Errorf("the plan's load: %w", err)
	}
	return nil
}

// caughtUp waits until both links have nothing left to apply.
func (r *rehearse) caughtUp(ctx context.Context) error {
	r.loadEnd = ctx // the load is over
	return r.await(ctx, func() bool {
		s := r.status()
		for _, l := range s.Links {
			if l.LagTx > 0 {
				return false
			}
		}
		return len(s.Links) > 0
	})
}
