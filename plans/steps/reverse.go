package steps

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// reverse asks that the way back works: a row that is written on the owner's side
// goes through one link to the other side, and through the other link back.
type reverse struct {
	spec *plans.ReverseGate
	out  *ownership.Signal // on its way
	sent time.Time         // when that was, or the last one
	took time.Duration     // of the last one that came back
	back time.Time         // when it did; zero if none has, or too slowly
}

func newReverse(s plans.Step) runner.Gate { return &reverse{spec: s.Spec.(*plans.ReverseGate)} }

const (
	// canaryEvery is how often one is sent, at most.
	canaryEvery = time.Second
	// canaryLook is how long one look waits for it. It is shorter than the time
	// between two looks of a person.
	canaryLook = time.Second
	// canaryFresh is how long one that has come back counts.
	canaryFresh = 5 * time.Second
)

// Check implements [runner.Gate].
func (v *reverse) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	if v.out == nil && r.Now().Sub(v.sent) >= canaryEvery {
		s, err := ownership.Send(ctx, r.DB(r.From()), r.Migration, ownership.Canary, r.From())
		if err != nil {
			return runner.Reading{}, err
		}
		v.out, v.sent = &s, r.Now()
	}
	if v.out != nil {
		if err := v.look(ctx, r); err != nil {
			return runner.Reading{}, err
		}
	}
	below := time.Duration(v.spec.Below)
	data := journal.Data{"took": v.took}
	switch {
	case v.out != nil:
		return runner.Reading{Says: fmt.Sprintf("a canary has been on its way for %s", r.Now().Sub(v.sent).Round(100*time.Millisecond))}, nil
	case below > 0 && v.took >= below:
		return runner.Reading{Says: fmt.Sprintf("a canary came back after %s, must be below %s", v.took, below), Data: data}, nil
	case r.Now().Sub(v.back) > canaryFresh:
		return runner.Reading{Says: "the next canary is about to be sent"}, nil
	}
	return runner.Reading{Holds: true, Says: fmt.Sprintf("a canary went there and back in %s", v.took), Data: data}, nil
}

// look waits a moment for the canary that is on its way.
func (v *reverse) look(ctx context.Context, r *runner.Run) error {
	bounded, cancel := context.WithTimeout(ctx, canaryLook)
	defer cancel()
	err := ownership.AwaitSeen(bounded, r.DB(r.From()), r.LinkName(runner.Into(r.From())), *v.out)
	switch {
	case err == nil:
		v.took, v.back, v.out = r.Now().Sub(v.sent).Round(time.Millisecond), r.Now(), nil
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case bounded.Err() != nil:
		return nil // still on its way
	}
	return err
}
