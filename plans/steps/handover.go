package steps

import (
	"tandem/plans"
	"tandem/plans/runner"
)

// handover returns the action of a step that the handover itself is made of, or
// nil for other kinds.
func handover(s plans.Step) runner.Action {
	switch s.Kind {
	case plans.KindApprove:
		return newApprove(s)
	case plans.KindArm:
		return newArm(s)
	case plans.KindFence:
		return newFence(s)
	case plans.KindMarker:
		return newMarker(s)
	case plans.KindDrain:
		return newDrain(s)
	case plans.KindCompare:
		return newCompare(s)
	case plans.KindPrepare:
		return newPrepare(s)
	case plans.KindCommit:
		return newCommit(s)
	case plans.KindCarry:
		return newCarry(s)
	case plans.KindCanary:
		return newCanary(s)
	}
	return nil
}
