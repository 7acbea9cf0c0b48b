package steps

import (
	"tandem/plans"
	"tandem/plans/runner"
)

// handover returns the action of a step that the handover itself is made of, or
// nil for other kinds.
func handover(s plans.Step) runner.Action {
	makers := map[plans.Kind]func(plans.Step) runner.Action{
		plans.KindApprove: newApprove,
		plans.KindArm:     newArm,
		plans.KindFence:   newFence,
		plans.KindMarker:  newMarker,
		plans.KindDrain:   newDrain,
		plans.KindCompare: newCompare,
		plans.KindPrepare: newPrepare,
		plans.KindCommit:  newCommit,
		plans.KindCarry:   newCarry,
		plans.KindCanary:  newCanary,
	}
	if maker := makers[s.Kind]; maker != nil {
		return maker(s)
	}
	return nil
}
