package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
)

// handover takes one stage from one side to the other.
type handover struct {
	*Runner
	spec  StageSpec
	run   *Run
	steps []step
	// past is the run so far, where it goes on after a stop; nil else.
	past *Past
	// current is the step in hand, for notes.
	current string
	// applied are the actions in front of the pause that were begun, in order.
	applied []step
}

// step is a step of the plan with what does it.
type step struct {
	plans.Step
	action Action
	gate   Gate
}

func (n *Runner) handover(s StageSpec, dir, digest string, from ownership.Side, past *Past) (*handover, error) {
	h := &handover{Runner: n, spec: s, past: past}
	h.run = &Run{
		ID: n.run, Migration: n.Migration, Stage: s.Name, Groups: s.Groups, Terms: s.Terms, Digest: digest, Dir: dir,
		LookupEnv: n.LookupEnv, Links: n.Links, Parity: n.Parity, Clouds: n.Clouds, Retention: n.Retention, Noted: n.noted, Log: n.Log.With("stage", s.Name), Now: n.Now, Lease: n.lease,
		from: from, sides: n.Sides, tables: n.Tables, hook: n.Hook,
	}
	h.run.record = func(ctx context.Context, kind journal.Kind, data journal.Data) error {
		return n.record(ctx, kind, h.current, data)
	}
	h.run.say = func(text string) { n.tell(Waiting, Event{Stage: s.Name, Step: h.current, Text: text}) }
	h.run.paused = func(d time.Duration) { n.tell(Paused, Event{Stage: s.Name, Took: d}) }
	for _, one := range s.steps() {
		action, gate, err := n.Make(one)
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", one.ID, err)
		}
		if action == nil && (gate == nil || one.Phase != plans.Before) {
			return nil, fmt.Errorf("step %s: nothing does it", one.ID)
		}
		h.steps = append(h.steps, step{one, action, gate})
	}
	return h, nil
}

// do takes the stage all the way. A stage that is committed already goes on
// behind the point of no return.
func (h *handover) do(ctx context.Context, committed bool) error {
	h.tell(StageBegun, Event{Stage: h.spec.Name, Text: fmt.Sprintf("%s to %s", h.run.From(), h.run.To())})
	if !committed {
		if err := h.before(ctx); err != nil {
			return h.giveUp(ctx, err)
		}
		if err := h.cross(ctx); err != nil {
			return h.giveUp(ctx, err)
		}
	}
	if err := h.after(ctx); err != nil {
		return err
	}
	h.Hook("stage done")
	h.tell(StageDone, Event{Stage: h.spec.Name, Text: string(h.run.To())})
	return nil
}

// before does what comes while applications write as always. The gates come
// last and are all asked at once.
func (h *handover) before(ctx context.Context) error {
	var gates []step
	for _, s := range h.steps {
		if s.Phase != plans.Before {
			continue
		}
		if s.gate != nil {
			gates = append(gates, s)
			continue
		}
		if len(gates) > 0 {
			if err := h.gates(ctx, gates); err != nil {
				return err
			}
			gates = nil
		}
		if s.Kind == plans.KindApprove && h.past != nil {
			if _, given := h.past.Confirmed(s.ID); given {
				continue // an approval holds for the run
			}
		}
		h.applied = append(h.applied, s)
		if err := h.act(ctx, s); err != nil {
			return err
		}
	}
	if len(gates) == 0 {
		return nil
	}
	return h.gates(ctx, gates)
}

// act does one step outside the pause: begun, done, confirmed, each in the
// journal before the next.
func (h *handover) act(ctx context.Context, s step) error {
	if err := h.lease.Check(ctx, h.run.From()); err != nil {
		var lost *LostError
		if errors.As(err, &lost) || s.Phase == plans.Before {
			return err
		}
		// Behind the point of no return the old side may be away.
	}
	h.current = s.ID
	if err := h.record(ctx, journal.StepBegun, s.ID, nil); err != nil {
		return err
	}
	h.Hook(string(s.Kind) + " begun")
	h.tell(StepStarted, Event{Stage: s.Stage, Step: s.ID, Title: s.Title})
	began := h.Now()
	data, err := h.apply(ctx, s)
	if err != nil {
		return fmt.Errorf("step %s: %w", s.ID, err)
	}
	return h.confirmed(ctx, s, data, h.Now().Sub(began))
}

func (h *handover) apply(ctx context.Context, s step) (journal.Data, error) {
	if d := time.Duration(s.Deadline); d > 0 && !ownClock(s.Kind) {
		bounded, cancel := context.WithTimeoutCause(ctx, d, fmt.Errorf("it did not end within %s", d))
		defer cancel()
		ctx = bounded
	}
	if err := s.action.Apply(ctx, h.run); err != nil {
		return nil, causeOf(ctx, err)
	}
	h.Hook(string(s.Kind) + " applied")
	data, err := s.action.Confirm(ctx, h.run)
	return data, causeOf(ctx, err)
}

// ownClock tells which steps look at their deadline themselves.
func ownClock(k plans.Kind) bool {
	switch k {
	case plans.KindBake, plans.KindCanary, plans.KindTraffic:
		return true
	}
	return false
}

// causeOf says why a context ended, where that is why something failed.
func causeOf(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	if errors.Is(err, cause) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return cause
	}
	return fmt.Errorf("%w (%w)", cause, err)
}

func (h *handover) confirmed(ctx context.Context, s step, data journal.Data, took time.Duration) error {
	with := journal.Data{"took": took.Round(10 * time.Microsecond)}
	for name, value := range data {
		with[name] = value
	}
	if err := h.record(ctx, journal.StepConfirmed, s.ID, with); err != nil {
		return err
	}
	h.Hook(string(s.Kind) + " recorded")
	says, _ := data["says"].(string)
	h.tell(StepDone, Event{Stage: s.Stage, Step: s.ID, Title: s.Title, Took: took, Text: says})
	return nil
}

// giveUp undoes what came before the pause, unless somebody wants to go on.
func (h *handover) giveUp(ctx context.Context, why error) error {
	var lost *LostError
	var ambiguous *AmbiguousError
	if errors.As(why, &lost) || errors.As(why, &ambiguous) {
		return why
	}
	if interrupted(ctx) {
		return &leftError{Stage: h.spec.Name, Why: why}
	}
	left := h.undo(ctx, h.applied)
	h.applied = nil
	h.tell(StageBack, Event{Stage: h.spec.Name, Text: why.Error()})
	return &UndoneError{Stage: h.spec.Name, Owner: h.run.From(), Why: why, Left: left}
}

// leftError says that a run was interrupted in front of a point of no return:
// it can go on.
type leftError struct {
	Stage string
	Why   error
}

func (e *leftError) Error() string {
	return fmt.Sprintf("stage %s was interrupted before it was handed over: %v", e.Stage, e.Why)
}
func (e *leftError) Unwrap() error { return e.Why }
func (e *leftError) Hint() string {
	return "tandem plan resume goes on\ntandem plan abort ends it and takes the guards away"
}

// interrupted tells whether ctx has ended, and not because somebody has asked to
// abort.
func interrupted(ctx context.Context) bool {
	var aborted *AbortedError
	return ctx.Err() != nil && !errors.As(context.Cause(ctx), &aborted)
}

// undo undoes steps in reverse order, all of them whatever becomes of each.
func (h *handover) undo(ctx context.Context, list []step) error {
	ctx, cancel := after(ctx, undoTime)
	defer cancel()
	var failed []error
	for i := len(list) - 1; i >= 0; i-- {
		s := list[i]
		h.current = s.ID
		if err := s.action.Undo(ctx, h.run); err != nil {
			failed = append(failed, fmt.Errorf("undo %s: %w", s.ID, err))
			continue
		}
		if err := h.record(ctx, journal.StepUndone, s.ID, nil); err != nil {
			failed = append(failed, err)
		}
		h.tell(StepBack, Event{Stage: s.Stage, Step: s.ID, Title: s.Title})
	}
	return errors.Join(failed...)
}

// after does what comes behind the point of no return.
func (h *handover) after(ctx context.Context) error {
	for _, s := range h.steps {
		if s.Phase != plans.After {
			continue
		}
		if h.past != nil {
			if _, done := h.past.Confirmed(s.ID); done {
				continue
			}
		}
		err := h.act(ctx, s)
		var back *RollbackError
		switch {
		case err == nil:
		case errors.As(err, &back):
			return back
		default:
			return &StoppedError{Run: h.run.ID, Stage: h.spec.Name, Step: s.ID, Why: err}
		}
	}
	return nil
}
