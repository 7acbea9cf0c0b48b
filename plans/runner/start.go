package runner

import (
	"context"
	"errors"
	"fmt"

	"tandem/internal/ownership"
	"tandem/plans/journal"
)

// Start runs a plan. Stages whose groups the target owns already are left out.
func (n *Runner) Start(ctx context.Context, spec Spec, digest string) error {
	if u := Unfinished(n.History()); u != nil {
		return &UnfinishedError{Run: u.Run, Plan: u.Plan, Step: u.At()}
	}
	data, err := spec.data()
	if err != nil {
		return err
	}
	data["mode"], data["to"], data["digest"] = string(HandOver), string(ownership.Target), digest
	if err := n.begin(ctx, n.newRun(), data); err != nil {
		return err
	}
	return n.work(ctx, spec, work{to: ownership.Target, digest: digest})
}

// Rehearsed is what a dry run goes through: everything up to the gates, and
// nothing is changed, not even the journal.
func (n *Runner) DryRun(ctx context.Context, spec Spec, digest string) error {
	for _, s := range spec.Stages {
		from, err := n.owner(ctx, s)
		if err != nil {
			return err
		}
		if from == ownership.Target {
			n.tell(Said, Event{Stage: s.Name, Text: "is handed over already, and would be left out"})
			continue
		}
		h, err := n.handover(s, spec.Dir, digest, from, nil)
		if err != nil {
			return err
		}
		h.run.record = func(context.Context, journal.Kind, journal.Data) error { return nil }
		n.tell(StageBegun, Event{Stage: s.Name, Text: fmt.Sprintf("%s to %s, dry", from, from.Opposite())})
		if err := h.dry(ctx); err != nil {
			return err
		}
	}
	return nil
}

// dry asks the gates until they hold.
func (h *handover) dry(ctx context.Context) error {
	var gates []step
	for _, s := range h.steps {
		if s.gate != nil {
			gates = append(gates, s)
		}
	}
	if len(gates) == 0 {
		return nil
	}
	if err := h.gates(ctx, gates); err != nil {
		return &UndoneError{Stage: h.spec.Name, Owner: h.run.From(), Why: err}
	}
	h.tell(StageDone, Event{Stage: h.spec.Name, Text: "the gates hold; nothing was changed"})
	return nil
}

// work is what a run does with the stages of its spec.
type work struct {
	to     ownership.Side
	digest string
	past   *Past // where it goes on
	of     string
}

// work takes the stages one after the other, and writes down how it ended.
func (n *Runner) work(ctx context.Context, spec Spec, w work) error {
	run := n.run
	watched, stop := n.watch(ctx)
	err := n.stages(watched, spec, w)
	stop()
	return n.end(ctx, watched, run, err)
}

func (n *Runner) stages(ctx context.Context, spec Spec, w work) error {
	for _, s := range spec.Stages {
		if err := n.stage(ctx, s, spec, w); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return &leftError{Stage: s.Name, Why: context.Cause(ctx)}
		}
	}
	return nil
}

func (n *Runner) stage(ctx context.Context, s StageSpec, spec Spec, w work) error {
	owner, err := n.owner(ctx, s)
	if err != nil {
		return err
	}
	committed := owner == w.to
	// That the commit was begun is written with the commit, so the fence tells.
	mine := w.past != nil && (w.past.Tried(s.Name+"/fence") || w.past.Tried(s.Name+"/commit"))
	if committed && !mine {
		n.tell(Said, Event{Stage: s.Name, Text: "is on the " + string(w.to) + " already, and is left out"})
		return nil
	}
	h, err := n.handover(s, spec.Dir, w.digest, w.to.Opposite(), w.past)
	if err != nil {
		return err
	}
	if w.past != nil && !committed {
		if err := h.clear(ctx, *w.past); err != nil {
			return err
		}
	}
	err = h.do(ctx, committed)
	var back *RollbackError
	if errors.As(err, &back) {
		return n.bringBack(ctx, s, spec, w, back)
	}
	return err
}

// owner returns the side that owns a stage's groups. A commit may still be on
// its way from a runner that died, so the rows are read under a lock.
func (n *Runner) owner(ctx context.Context, s StageSpec) (ownership.Side, error) {
	for _, d := range n.Sides {
		bounded, cancel := context.WithTimeout(ctx, n.Patience)
		_, err := settle(bounded, d.DB, n.Migration, s.Groups)
		cancel()
		if err != nil {
			n.Log.WarnContext(ctx, "who owns the groups can not be read under a lock", "stage", s.Name, "error", err)
		}
	}
	list, _, err := Stand(ctx, n.Migration, s.Groups, n.Sides)
	if err != nil {
		return "", fmt.Errorf("stage %s: %w", s.Name, err)
	}
	owner, err := ownerOf(list)
	if err != nil {
		return "", fmt.Errorf("stage %s: %w", s.Name, err)
	}
	return owner, nil
}

// clear undoes what a pause has left behind in which the runner died. Guards
// undo themselves; other fences do not.
func (h *handover) clear(ctx context.Context, p Past) error {
	var list []step
	for _, s := range h.steps {
		if s.Phase == "pause" && p.Tried(s.ID) && !s.PointOfNoReturn {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return h.undo(ctx, list)
}

// bringBack hands a stage over in the other direction because its bake says so.
func (n *Runner) bringBack(ctx context.Context, s StageSpec, spec Spec, w work, why *RollbackError) error {
	n.tell(Said, Event{Stage: s.Name, Step: why.Step, Text: "rolling back: " + why.Why})
	if err := n.record(ctx, journal.Note, why.Step, journal.Data{"rolls_back": why.Why}); err != nil {
		return err
	}
	of := n.run
	err := n.back(ctx, spec, []StageSpec{s}, w.to.Opposite(), w.digest, of, GoBack)
	n.mu.Lock()
	n.run = of
	n.mu.Unlock()
	if err != nil {
		return &StoppedError{Run: of, Stage: s.Name, Step: why.Step, Why: fmt.Errorf("it was to be rolled back (%s), and that has failed: %w", why.Why, err)}
	}
	return &RolledBackError{Stage: s.Name, Owner: w.to.Opposite(), Why: errors.New(why.Why)}
}

// back runs stages in the other direction, as a run of their own.
func (n *Runner) back(ctx context.Context, spec Spec, stages []StageSpec, to ownership.Side, digest, of string, mode Mode) error {
	back := Spec{Plan: spec.Plan, Dir: spec.Dir}
	for _, s := range stages {
		back.Stages = append(back.Stages, s.back())
	}
	data, err := back.data()
	if err != nil {
		return err
	}
	data["mode"], data["to"], data["digest"], data["of"] = string(mode), string(to), digest, of
	if err := n.begin(ctx, n.newRun(), data); err != nil {
		return err
	}
	return n.work(ctx, back, work{to: to, digest: digest, of: of})
}

// end writes down how a run has ended, if it has: what can go on has not.
func (n *Runner) end(ctx, watched context.Context, run string, err error) error {
	var (
		undone    *UndoneError
		stopped   *StoppedError
		left      *leftError
		ambiguous *AmbiguousError
		lost      *LostError
		back      *RolledBackError
		aborted   *AbortedError
	)
	wrote, cancel := after(ctx, undoTime)
	defer cancel()
	kind, data := journal.RunEnded, journal.Data{"outcome": OutcomeDone}
	switch {
	case err == nil:
	case errors.As(err, &lost):
		return err // the journal is another's now
	case errors.As(err, &ambiguous):
		return err // it is noted
	case errors.As(err, &back):
		data = journal.Data{"outcome": OutcomeRolledBack, "error": err}
	case errors.As(err, &undone):
		data = journal.Data{"outcome": OutcomeUndone, "error": err}
		if errors.As(err, &aborted) {
			data["outcome"] = OutcomeAborted
		}
		if undone.Left != nil {
			kind = journal.Note // somebody must look
		}
	case errors.As(err, &stopped), errors.As(err, &left):
		kind, data = journal.Note, journal.Data{"stopped": err}
	default:
		kind, data = journal.Note, journal.Data{"error": err}
	}
	if written := n.record(wrote, kind, "", data); written != nil {
		err = errors.Join(err, fmt.Errorf("write down how the run has ended: %w", written))
	}
	if kind == journal.RunEnded {
		n.Hook("run ended")
	}
	return err
}
