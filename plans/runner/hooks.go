package runner

import "tandem/plans"

// Points lists the points in the work of a run at which tests break things, in
// the order in which a stage reaches them. A rollback passes the same ones, but
// for those of steps that it does not have. Steps that ask a cloud have points, too,
// but only where a plan has such steps; what becomes of them is tested by itself.
func Points() []string {
	list := []string{"lease taken", "run begun"}
	for _, kind := range []plans.Kind{plans.KindApprove, plans.KindArm} {
		list = append(list, points(kind)...)
	}
	list = append(list, "gates hold", "pause ready")
	for _, kind := range []plans.Kind{plans.KindFence, plans.KindProve, plans.KindMarker, plans.KindDrain, plans.KindCompare, plans.KindPrepare} {
		list = append(list, points(kind)...)
	}
	list = append(list, "commit begun", "commit applied", "commit recorded")
	for _, kind := range []plans.Kind{plans.KindCarry, plans.KindClose, plans.KindTraffic, plans.KindCanary, plans.KindBake} {
		list = append(list, points(kind)...)
	}
	return append(list, "stage done", "run ended")
}

func points(kind plans.Kind) []string {
	return []string{string(kind) + " begun", string(kind) + " applied", string(kind) + " recorded"}
}
