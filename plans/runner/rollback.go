package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tandem/internal/ownership"
	"tandem/plans/journal"
)

// Way is what a rollback is going to do, for a person to agree to.
type Way struct {
	Of     string         `json:"of"` // the run whose stages these are
	Plan   string         `json:"plan"`
	Stages []WayStage     `json:"stages"` // in the order in which they go back
	To     ownership.Side `json:"to"`
	// Unfinished is set where the run has not ended: the rollback ends it.
	Unfinished bool `json:"unfinished"`
	// Link is the link that has carried the new owner's changes back, Bound what
	// is known to be missing there; -1 where nobody knows.
	Link  LinkState `json:"-"`
	Bound int64     `json:"transactions_behind"`

	spec   Spec
	digest string
}

// WayStage is one stage of a way back.
type WayStage struct {
	Name    string        `json:"name"`
	Groups  []string      `json:"groups"`
	Handed  time.Time     `json:"handed_over"`
	Pause   time.Duration `json:"pause"` // of the handover
	Timings []Timing      `json:"timings,omitempty"`
}

// Choice says which stages are to go back: one by name, all, or the last one.
type Choice struct {
	Stage string
	All   bool
}

// WayBack finds what there is to bring back: the stages, the last one first,
// whose groups are not where their run has begun.
func (n *Runner) WayBack(ctx context.Context, c Choice) (*Way, error) {
	way, err := n.wayBack(c, func(s StageSpec, p Past) (bool, error) {
		owner, err := n.owner(ctx, s)
		return owner == p.To, err
	})
	if err != nil {
		return nil, err
	}
	return n.bound(ctx, way), nil
}

// wayBack collects the stages that moved tells of. They belong to one run or to
// several, but each to the last one that had it.
func (n *Runner) wayBack(c Choice, moved func(StageSpec, Past) (bool, error)) (*Way, error) {
	list := n.History()
	seen := map[string]bool{}
	var way *Way
	for _, p := range slices.Backward(list) {
		if p.Mode != HandOver {
			continue
		}
		spec, err := p.Spec()
		if err != nil {
			return nil, fmt.Errorf("rollback: %w", err)
		}
		for _, s := range slices.Backward(spec.Stages) {
			if seen[s.Name] || c.Stage != "" && s.Name != c.Stage {
				continue
			}
			seen[s.Name] = true
			is, err := moved(s, p)
			if err != nil {
				return nil, err
			}
			if !is {
				continue
			}
			if way == nil {
				way = &Way{Of: p.Run, Plan: p.Plan, To: p.To.Opposite(), Unfinished: p.Ended.IsZero(), Bound: -1,
					spec: Spec{Plan: spec.Plan, Dir: spec.Dir}, digest: p.Digest}
			}
			way.add(s, list)
			if !c.All {
				return way, nil
			}
		}
	}
	if way == nil {
		what := "no stage is handed over"
		if c.Stage != "" {
			what = "stage " + c.Stage + " is not handed over"
		}
		return nil, fmt.Errorf("rollback: %s: %w", what, ErrNothing)
	}
	return way, nil
}

func (w *Way) add(s StageSpec, list []Past) {
	stage := WayStage{Name: s.Name, Groups: s.Groups}
	for _, p := range slices.Backward(list) {
		if e, done := p.Confirmed(s.Name + "/commit"); done && p.Mode == HandOver {
			stage.Handed = e.Time
			stage.Timings, stage.Pause = p.Timings(s.Name)
			break
		}
	}
	w.Stages = append(w.Stages, stage)
	w.spec.Stages = append(w.spec.Stages, s)
}

// bound adds what would be lost: nothing, while the link back runs and has
// applied everything.
func (n *Runner) bound(ctx context.Context, w *Way) *Way {
	state, err := n.Links.State(ctx, Into(w.To))
	w.Link = state
	if err == nil {
		w.Bound = state.Behind
		if state.Streaming && state.Running {
			w.Bound = 0 // the drain brings the rest before anything is handed over
		}
	}
	return w
}

// Rollback goes the way back. The run whose stages they are ends with it, if it
// has not ended.
func (n *Runner) Rollback(ctx context.Context, w *Way) error {
	if err := n.settleUnfinished(ctx, w); err != nil {
		return err
	}
	if err := n.back(ctx, w.spec, w.spec.Stages, w.To, w.digest, w.Of, GoBack); err != nil {
		return err
	}
	return n.endParent(ctx, w.Of)
}

// settleUnfinished ends rollbacks that were begun and not finished: this one
// takes their place.
func (n *Runner) settleUnfinished(ctx context.Context, w *Way) error {
	for _, p := range n.History() {
		if !p.Ended.IsZero() || p.Run == w.Of {
			continue
		}
		n.mu.Lock()
		n.run = p.Run
		n.mu.Unlock()
		if err := n.record(ctx, journal.RunEnded, "", journal.Data{"outcome": OutcomeUndone, "replaced_by": "rollback"}); err != nil {
			return err
		}
	}
	return nil
}
