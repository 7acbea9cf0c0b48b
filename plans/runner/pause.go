package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
)

// cross goes through the pause, again if the fence was not granted: then nothing
// has happened. Between the tries writers have time to get on, and the gates
// must hold again.
func (h *handover) cross(ctx context.Context) error {
	for try := 1; ; try++ {
		err := h.pause(ctx)
		var busy *BusyError
		if err == nil || !errors.As(err, &busy) || try == tries || ctx.Err() != nil {
			return err
		}
		h.tell(TryAgain, Event{Stage: h.spec.Name, Step: busy.Step, Text: busy.Err.Error()})
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(h.backOff(try)):
		}
		if err := h.again(ctx); err != nil {
			return err
		}
	}
}

// tries is how often the fence is asked for.
const tries = 10

// backOff is how long writers are left in peace before the next try: as long as
// they may have waited behind the last one, and longer each time.
func (h *handover) backOff(try int) time.Duration {
	wait := 200 * time.Millisecond
	if f := h.spec.Terms.Fence; f != nil && f.Wait > 0 {
		wait = time.Duration(f.Wait)
	}
	return min(wait*time.Duration(try), 10*time.Second)
}

// again asks the gates once more.
func (h *handover) again(ctx context.Context) error {
	var gates []step
	for _, s := range h.steps {
		if s.Phase == plans.Before && s.gate != nil {
			gates = append(gates, s)
		}
	}
	if len(gates) == 0 {
		return nil
	}
	return h.gates(ctx, gates)
}

// pause is the time in which writers wait. It ends with the commit, or with
// everything undone.
func (h *handover) pause(ctx context.Context) (err error) {
	var list []step
	for _, s := range h.steps {
		if s.Phase == plans.Pause {
			list = append(list, s)
		}
	}
	h.run.Pause = Pause{Budget: time.Duration(list[0].Deadline)}
	defer func() {
		if c := h.run.Pause.Comparison; c != nil {
			h.run.Pause.Comparison = nil
			if closed := c.Close(); closed != nil {
				h.Log.WarnContext(ctx, "the comparison is not closed", "error", closed)
			}
		}
	}()
	// The last step first: what is compared ahead should be as fresh as can be.
	for _, s := range slices.Backward(list) {
		if early, can := s.action.(Early); can {
			h.current = s.ID
			ready, inTime, done := h.readyTime(ctx)
			defer done()
			err := early.Early(ready, h.run)
			inTime()
			if err != nil {
				return fmt.Errorf("step %s: get ready: %w", s.ID, causeOf(ready, err))
			}
		}
	}
	if err := h.lease.Check(ctx, h.run.From()); err != nil {
		return err
	}
	// The last entry that is everywhere before writers wait.
	h.current = list[0].ID
	if err := h.record(ctx, journal.StepBegun, list[0].ID, journal.Data{"budget": h.run.Pause.Budget}); err != nil {
		return err
	}
	h.Hook("pause ready")
	h.tell(StepStarted, Event{Stage: h.spec.Name, Step: list[0].ID, Title: "pause: writers wait"})
	h.hold(true)
	defer h.hold(false)
	h.run.Pause.Asked = h.Now()
	return h.inPause(ctx, list)
}

// readyTime bounds what is done ahead of the pause by the time that the gates have.
// What was got ready goes on living in the context, until done is called.
func (h *handover) readyTime(ctx context.Context) (ready context.Context, inTime, done func()) {
	ready, cancel := context.WithCancelCause(ctx)
	inTime = func() {}
	if g := h.spec.Terms.Gates; g != nil && g.Timeout > 0 {
		timer := time.AfterFunc(time.Duration(g.Timeout), func() { cancel(fmt.Errorf("it did not end within %s, the time of the gates", g.Timeout)) })
		inTime = func() { timer.Stop() }
	}
	return ready, inTime, func() { cancel(nil) }
}

func (h *handover) inPause(outer context.Context, list []step) error {
	ctx := outer
	if d := h.run.Pause.Budget; d > 0 {
		bounded, cancel := context.WithTimeoutCause(outer, d, errBudget)
		defer cancel()
		ctx = bounded
	}
	for i, s := range list {
		h.current = s.ID
		began := h.Now()
		if i > 0 {
			if err := h.record(ctx, journal.StepBegun, s.ID, nil); err != nil {
				return h.takeBack(outer, list[:i], err)
			}
		}
		if s.PointOfNoReturn {
			return h.commit(ctx, outer, list, s)
		}
		h.Hook(string(s.Kind) + " begun")
		err := s.action.Apply(ctx, h.run)
		var data journal.Data
		if err == nil {
			h.Hook(string(s.Kind) + " applied")
			data, err = s.action.Confirm(ctx, h.run)
		}
		if err == nil {
			err = h.confirmed(ctx, s, data, h.Now().Sub(began))
		}
		if err != nil {
			return h.takeBack(outer, list[:i+1], h.whyNot(ctx, s, err))
		}
	}
	return fmt.Errorf("stage %s: no step commits", h.spec.Name)
}

// errBudget is the cause of the end of a pause by its budget.
var errBudget = errors.New("the pause budget is spent")

func (h *handover) whyNot(ctx context.Context, s step, err error) error {
	if errors.Is(context.Cause(ctx), errBudget) {
		return &BudgetError{Budget: h.run.Pause.Budget, Step: s.ID}
	}
	var busy *BusyError
	if errors.As(err, &busy) {
		return err
	}
	return fmt.Errorf("step %s: %w", s.ID, causeOf(ctx, err))
}

// takeBack lets go of the fence first, so that writers go on, and then undoes the
// rest in reverse order.
func (h *handover) takeBack(ctx context.Context, list []step, why error) error {
	order := append(append([]step{}, list[0]), list[1:]...)
	h.Hook("undo begun")
	fence := h.undo(ctx, order[:1])
	waited := h.Now().Sub(h.run.Pause.Asked)
	rest := h.undo(ctx, order[1:])
	h.hold(false)
	wrote, cancel := after(ctx, undoTime)
	defer cancel()
	err := h.record(wrote, journal.Note, list[0].ID, journal.Data{"undone_because": why, "writers_waited": waited.Round(10 * time.Microsecond)})
	if left := errors.Join(fence, rest, err); left != nil {
		return fmt.Errorf("%w; and undoing it: %w", why, left)
	}
	return why
}

// commit passes the point of no return. Once it is begun nothing interrupts it:
// what has been asked of the server is only known when it answers.
func (h *handover) commit(ctx, outer context.Context, list []step, s step) error {
	h.Hook("commit begun")
	noted, err := h.within(ctx, h.run.From(), h.run.Pause.Fence)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return h.takeBack(outer, list[:len(list)-1], h.whyNot(ctx, s, err))
	}
	began := h.Now()
	sure, cancel := after(outer, h.commitTime())
	defer cancel()
	err = s.action.Apply(sure, h.run)
	var unknown *ownership.UnknownError
	switch {
	case errors.As(err, &unknown):
		handed, err := h.resolve(outer, unknown)
		if err != nil {
			return err
		}
		if !handed {
			return h.takeBack(outer, list[:len(list)-1], fmt.Errorf("step %s: the connection was lost, and the commit with it: %w", s.ID, unknown.Err))
		}
	case err != nil:
		return h.takeBack(outer, list[:len(list)-1], h.whyNot(ctx, s, err))
	}
	committed := h.Now()
	noted()
	h.run.watchArrival(outer)
	h.Hook("commit applied")
	// From here on a failure to write the journal changes nothing: the row tells.
	h.hold(false)
	data := journal.Data{"waited": committed.Sub(h.run.Pause.Asked).Round(10 * time.Microsecond), "took": committed.Sub(began).Round(10 * time.Microsecond), "owner": string(h.run.To())}
	for _, r := range h.run.Pause.Records {
		data["epoch_"+r.Group] = r.Epoch
	}
	wrote, done := after(outer, undoTime)
	defer done()
	if err := h.record(wrote, journal.StepConfirmed, s.ID, data); err != nil {
		h.Log.ErrorContext(outer, "the handover is done, and the journal does not say so", "error", err)
	}
	h.Hook("commit recorded")
	h.tell(StepDone, Event{Stage: h.spec.Name, Step: s.ID, Title: s.Title, Took: committed.Sub(began)})
	return nil
}

// commitTime is how long the answer to the commit is waited for. The server ends
// the fence's session by itself a little later than the budget.
func (h *handover) commitTime() time.Duration {
	return max(h.run.Pause.Budget, time.Second) + 5*time.Second
}

// resolve finds out what has become of a commit whose answer was lost.
func (h *handover) resolve(ctx context.Context, lost *ownership.UnknownError) (handed bool, err error) {
	h.tell(Waiting, Event{Stage: h.spec.Name, Step: h.current, Text: "the answer to the commit was lost; reading who owns the groups"})
	bounded, cancel := after(ctx, h.Patience)
	defer cancel()
	if f := h.run.Pause.Fence; f != nil {
		// It may still stand there with the commit not read yet.
		_, _ = h.run.DB(h.run.From()).ExecContext(bounded, fmt.Sprintf("KILL %d", f.ID()))
	}
	found, err := h.truth(bounded)
	if err != nil {
		h.hold(false)
		wrote, done := after(ctx, undoTime)
		defer done()
		_ = h.record(wrote, journal.Note, h.current, journal.Data{"outcome": "ambiguous", "error": lost.Err, "reading": err})
		return false, &AmbiguousError{Run: h.run.ID, Stage: h.spec.Name, Side: h.run.From(), Err: err}
	}
	for _, r := range found {
		h.run.Pause.Records = append(h.run.Pause.Records, r)
		if r.Owner != h.run.To() {
			return false, nil
		}
	}
	return true, nil
}

// truth reads the owner's rows, or the other side's: if those say that it owns
// the groups by now, the log has brought it the commit.
func (h *handover) truth(ctx context.Context) (map[string]ownership.Record, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	arrived := make(chan map[string]ownership.Record, 1)
	go func() {
		if _, err := h.run.arrived(ctx); err != nil {
			return
		}
		if records, err := ownership.Load(ctx, h.run.DB(h.run.To()), h.Migration); err == nil {
			of := map[string]ownership.Record{}
			for _, g := range h.spec.Groups {
				of[g] = records[g]
			}
			arrived <- of
			cancel()
		}
	}()
	found, err := settle(ctx, h.run.DB(h.run.From()), h.Migration, h.spec.Groups)
	if err == nil {
		return found, nil
	}
	select {
	case found := <-arrived:
		return found, nil
	default:
		return nil, err
	}
}
