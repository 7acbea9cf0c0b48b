package steps

import (
	"fmt"

	"tandem/plans"
	"tandem/plans/runner"
)

// Make makes the action or gate of a step. It is a [runner.Maker].
func Make(s plans.Step) (runner.Action, runner.Gate, error) {
	if a := handover(s); a != nil {
		return a, nil, nil
	}
	return nil, nil, fmt.Errorf("steps of kind %s are not built yet", s.Kind)
}
