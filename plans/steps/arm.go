package steps

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/guard"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// arm makes the guards on both sides. On the owner's they become the fence; on
// the other one they refuse those who write there too early, or still.
type arm struct {
	mu      sync.Mutex
	applied bool
	created map[ownership.Side][]guard.Trigger
}

func newArm(plans.Step) runner.Action { return &arm{created: map[ownership.Side][]guard.Trigger{}} }

// Apply implements [runner.Action].
func (a *arm) Apply(ctx context.Context, r *runner.Run) error {
	a.applied = true
	g, gctx := errgroup.WithContext(ctx)
	for _, side := range []ownership.Side{r.From(), r.To()} {
		g.Go(func() error {
			for _, group := range r.Groups {
				armed, err := guard.Arm(gctx, r.DB(side), guard.Options{
					Migration: r.Migration, Side: side, Group: group, Tables: r.Tables(group),
					Waiting: func(w guard.Waiting) { r.Say(armWaits(side, w)) },
				})
				a.mu.Lock()
				a.created[side] = append(a.created[side], armed.Created...)
				a.mu.Unlock()
				if err != nil {
					return fmt.Errorf("arm the guards of group %s on the %s: %w", group, side, err)
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func armWaits(side ownership.Side, w guard.Waiting) string {
	text := fmt.Sprintf("the guard of %s on the %s waits for transactions that use the table, for %s", w.Table, side, w.For.Round(time.Second))
	for i, b := range w.Blockers {
		if i == 3 {
			break
		}
		text += "; " + b.String()
	}
	return text
}

// Confirm implements [runner.Action].
func (a *arm) Confirm(ctx context.Context, r *runner.Run) (journal.Data, error) {
	guards := 0
	for _, side := range []ownership.Side{r.From(), r.To()} {
		for _, group := range r.Groups {
			states, err := guard.Read(ctx, r.DB(side), guard.ReadOptions{Migration: r.Migration, Side: side, Group: group, Tables: r.Tables(group)})
			if err != nil {
				return nil, err
			}
			if !states.Armed() {
				return nil, fmt.Errorf("the guards of group %s on the %s are not all there: %d missing", group, side, len(states)-len(states.In(guard.Present)))
			}
			guards += len(states)
		}
	}
	made := len(a.created[r.From()]) + len(a.created[r.To()])
	return journal.Data{"guards": guards, "created": made, "says": fmt.Sprintf("%d guards, %d of them new", guards, made)}, nil
}

// Undo implements [runner.Action]. After a crash nobody knows which guards were
// there before: then all of the groups are taken away, which harms nobody. Nor does
// a guard that stays: its table may be in use by a transaction that does not end, and
// the rest of what is to be undone does not wait for that.
func (a *arm) Undo(ctx context.Context, r *runner.Run) error {
	bounded, cancel := context.WithTimeout(ctx, disarmTime)
	defer cancel()
	err := a.disarm(bounded, r)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		r.Log.WarnContext(ctx, "guards stay where their tables are in use; they let the owner's writers through, and tandem plan finish takes them away", "error", err)
		return nil
	}
	return err
}

// disarmTime is how long tables are waited for to take guards away.
const disarmTime = 10 * time.Second

func (a *arm) disarm(gctx context.Context, r *runner.Run) error {
	var g errgroup.Group
	for _, side := range []ownership.Side{r.From(), r.To()} {
		g.Go(func() error {
			list := a.created[side]
			if !a.applied {
				for _, group := range r.Groups {
					states, err := guard.Read(gctx, r.DB(side), guard.ReadOptions{Migration: r.Migration, Side: side, Group: group, Tables: r.Tables(group)})
					if err != nil {
						return err
					}
					for _, s := range states {
						if s.State == guard.Present || s.State == guard.Outdated {
							list = append(list, s.Trigger)
						}
					}
				}
			}
			if err := guard.Drop(gctx, r.DB(side), list, guard.DisarmOptions{}); err != nil {
				return fmt.Errorf("take the guards away on the %s: %w", side, err)
			}
			return nil
		})
	}
	return g.Wait()
}
