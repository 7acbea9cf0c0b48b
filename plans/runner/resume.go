package runner

import (
	"context"
	"errors"
	"fmt"

	"tandem/plans/journal"
)

// Resume goes on with the run that has not ended. What the journal says was
// tried is compared with who owns the groups: that is the truth. In front of the
// point of no return a stage begins anew, behind it it goes on.
func (n *Runner) Resume(ctx context.Context) error {
	u := Unfinished(n.History())
	if u == nil {
		return fmt.Errorf("resume: no run is unfinished: %w", ErrNothing)
	}
	spec, err := u.Spec()
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	n.mu.Lock()
	n.run = u.Run
	n.mu.Unlock()
	if err := n.lease.Name(ctx, u.Run); err != nil {
		return err
	}
	if err := n.record(ctx, journal.Note, "", journal.Data{"resumed": true, "host": n.Host, "who": n.Who, "process": n.Process}); err != nil {
		return err
	}
	err = n.work(ctx, spec, work{to: u.To, digest: u.Digest, past: u, of: u.Of})
	if err != nil || u.Of == "" {
		return err
	}
	return n.endParent(ctx, u.Of)
}

// endParent ends the run that a rollback belongs to.
func (n *Runner) endParent(ctx context.Context, run string) error {
	for _, p := range n.History() {
		if p.Run == run && p.Ended.IsZero() {
			n.mu.Lock()
			n.run = run
			n.mu.Unlock()
			return n.record(ctx, journal.RunEnded, "", journal.Data{"outcome": OutcomeRolledBack})
		}
	}
	return nil
}

// Abort ends the run that has not ended and that nobody works on. What is behind
// a point of no return is not touched: that is a rollback's business.
func (n *Runner) Abort(ctx context.Context) (Past, error) {
	u := Unfinished(n.History())
	if u == nil {
		return Past{}, fmt.Errorf("abort: no run is unfinished: %w", ErrNothing)
	}
	spec, err := u.Spec()
	if err != nil {
		return *u, fmt.Errorf("abort: %w", err)
	}
	n.mu.Lock()
	n.run = u.Run
	n.mu.Unlock()
	var failed []error
	for _, s := range spec.Stages {
		owner, err := n.owner(ctx, s)
		if err != nil {
			return *u, err
		}
		if owner == u.To {
			if _, baked := u.Confirmed(lastStep(s)); !baked && u.Tried(s.Name+"/fence") {
				return *u, &StoppedError{Run: u.Run, Stage: s.Name, Step: u.At(), Why: errors.New("it can not be aborted any more")}
			}
			continue
		}
		h, err := n.handover(s, spec.Dir, u.Digest, owner, u)
		if err != nil {
			return *u, err
		}
		var list []step
		for _, st := range h.steps {
			if st.action != nil && st.Phase != "after" && !st.PointOfNoReturn && u.Tried(st.ID) {
				list = append(list, st)
			}
		}
		failed = append(failed, h.undo(ctx, list))
	}
	if err := errors.Join(failed...); err != nil {
		return *u, err
	}
	return *u, n.record(ctx, journal.RunEnded, "", journal.Data{"outcome": OutcomeAborted, "who": n.Who})
}

// lastStep is the ID of a stage's last step.
func lastStep(s StageSpec) string {
	steps := s.steps()
	return steps[len(steps)-1].ID
}

// Note adds something to the story of the last run: that guards were
// taken away, that somebody has looked.
func (n *Runner) Note(ctx context.Context, data journal.Data) error {
	list := n.History()
	if len(list) == 0 {
		return nil
	}
	n.mu.Lock()
	n.run = list[len(list)-1].Run
	n.mu.Unlock()
	return n.record(ctx, journal.Note, "", data)
}
