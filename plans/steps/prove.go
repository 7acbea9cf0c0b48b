package steps

import (
	"context"
	"errors"
	"fmt"

	"tandem/internal/fencing"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// prove tries to get through a fence that is not the guard, as the application's
// user. Only a fence on which the server has said no counts.
type prove struct {
	spec  *plans.Fence
	proof fencing.Proof
	says  []string
}

func newProve(s plans.Step) runner.Action { return &prove{spec: s.Spec.(*plans.Fence)} }

// Apply implements [runner.Action].
func (p *prove) Apply(ctx context.Context, r *runner.Run) error {
	if p.spec.ProveAs == nil {
		return errors.New("prove the fence: the plan names no user to try it as")
	}
	e, err := asApplication(r, p.spec.ProveAs, r.From())
	if err == nil {
		p.proof, err = fencing.Prove(ctx, e, r.AllTables())
	} else if r.From() == ownership.Target {
		return nil // as the gate has let pass: what is read back has to do
	}
	if err != nil {
		return fmt.Errorf("prove the fence: %w", err)
	}
	return nil
}

// Confirm implements [runner.Action]. It reads each kind back from the server,
// and that no session of a locked account is left.
func (p *prove) Confirm(ctx context.Context, r *runner.Run) (journal.Data, error) {
	var err error
	if p.says, err = fencing.Confirm(ctx, r.DB(r.From()), others(r, p.spec, r.From(), 0)); err != nil {
		return nil, err
	}
	says := fmt.Sprintf("as %s, %d statements on %d tables were refused", p.spec.ProveAs.User, p.proof.Tries, p.proof.Tables)
	switch {
	case p.proof.LogIn:
		says = p.spec.ProveAs.User + " is not let in"
	case p.proof.Tries == 0:
		says = "no write could be tried; the fence was read back"
	}
	return journal.Data{"says": says, "refusal": p.proof.Says, "fences": p.says}, nil
}

// Undo implements [runner.Action]. There is nothing to undo but the fence itself.
func (p *prove) Undo(context.Context, *runner.Run) error { return nil }
