package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tandem/plans/journal"
)

// gates asks the gates again and again, all at once, until they all hold in the
// same round, or their time is over.
func (h *handover) gates(ctx context.Context, gates []step) error {
	if d := time.Duration(gates[0].Deadline); d > 0 {
		bounded, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		err := h.asking(bounded, gates)
		if err != nil && bounded.Err() != nil && ctx.Err() == nil {
			if g, is := err.(*GateError); is {
				g.Within = d
			}
		}
		return err
	}
	return h.asking(ctx, gates)
}

func (h *handover) asking(ctx context.Context, gates []step) error {
	h.current = gates[0].Stage + "/gates"
	began := h.Now()
	for _, s := range gates {
		if err := h.holdEntry(journal.StepBegun, s.ID, nil); err != nil {
			return err
		}
	}
	var last []GateState
	tick := time.NewTicker(Pace)
	defer tick.Stop()
	for {
		states, readings := h.round(ctx, gates)
		if ctx.Err() == nil || last == nil {
			h.notice(ctx, gates, states, last)
			last = states
		}
		if ctx.Err() == nil && allHold(states) {
			for i, s := range gates {
				data := journal.Data{"took": h.Now().Sub(began).Round(time.Millisecond), "says": readings[i].Says}
				for name, value := range readings[i].Data {
					data[name] = value
				}
				if err := h.holdEntry(journal.StepConfirmed, s.ID, data); err != nil {
					return err
				}
			}
			h.Hook("gates hold")
			return nil
		}
		select {
		case <-ctx.Done():
			if interrupted(ctx) && context.Cause(ctx) != context.DeadlineExceeded {
				return context.Cause(ctx)
			}
			if context.Cause(ctx) != context.DeadlineExceeded {
				return context.Cause(ctx) // aborted
			}
			return &GateError{Waiting: waiting(last)}
		case <-tick.C:
		}
	}
}

// holdEntry adds an entry that is written with the next one: that a gate was
// asked need not survive by itself.
func (n *Runner) holdEntry(kind journal.Kind, step string, data journal.Data) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, err := n.journal.Hold(journal.Event{Run: n.run, Kind: kind, Step: step, Data: data})
	return err
}

// round asks each gate once, all at the same time.
func (h *handover) round(ctx context.Context, gates []step) ([]GateState, []Reading) {
	states := make([]GateState, len(gates))
	readings := make([]Reading, len(gates))
	var wait sync.WaitGroup
	for i, s := range gates {
		wait.Go(func() {
			r, err := s.gate.Check(ctx, h.run)
			if err != nil {
				r = Reading{Says: fmt.Sprintf("could not be asked: %v", err)}
			}
			readings[i] = r
			states[i] = GateState{Step: s.ID, Title: s.Title, Holds: r.Holds, Says: r.Says}
		})
	}
	wait.Wait()
	return states, readings
}

// notice tells people how the gates stand, and writes down which ones have
// changed.
func (h *handover) notice(ctx context.Context, gates []step, now, before []GateState) {
	h.tell(GatesAsked, Event{Stage: h.spec.Name, Step: h.current, Gates: now})
	for i := range now {
		if before != nil && before[i].Holds == now[i].Holds {
			continue
		}
		// What was measured is evidence; that it is written down is not what the
		// handover depends on.
		if err := h.holdEntry(journal.GateResult, gates[i].ID, journal.Data{"holds": now[i].Holds, "says": now[i].Says}); err != nil {
			h.Log.WarnContext(ctx, "what a gate has measured is not in the journal", "gate", gates[i].ID, "error", err)
		}
	}
}

func allHold(states []GateState) bool {
	for _, s := range states {
		if !s.Holds {
			return false
		}
	}
	return true
}

func waiting(states []GateState) []string {
	var list []string
	for _, s := range states {
		if !s.Holds {
			list = append(list, s.Step+" ("+s.Says+")")
		}
	}
	return list
}
