package steps

import (
	"fmt"

	"tandem/plans"
	"tandem/plans/runner"
)

// Make makes the action or gate of a step. It is a [runner.Maker].
func Make(s plans.Step) (runner.Action, runner.Gate, error) {
	switch s.Kind {
	case plans.KindLinks:
		return nil, newLinks(s), nil
	case plans.KindQuiet:
		return nil, newQuiet(s), nil
	case plans.KindLag:
		return nil, newLag(s), nil
	case plans.KindParity:
		return nil, newParity(s), nil
	case plans.KindReverse:
		return nil, newReverse(s), nil
	case plans.KindRetention:
		return nil, newRetention(s), nil
	case plans.KindTTL:
		return nil, newTTL(s), nil
	case plans.KindDNS:
		return newDNS(s), nil, nil
	case plans.KindSnapshot:
		return newSnapshot(s), nil, nil
	case plans.KindSQL:
		return nil, newSQL(s), nil
	case plans.KindExec:
		return nil, newExec(s), nil
	case plans.KindHTTP:
		return nil, newHTTP(s), nil
	case plans.KindLong:
		action, gate := newLong(s)
		return action, gate, nil
	case plans.KindProve:
		return newProve(s), nil, nil
	case plans.KindClose:
		return newClose(s), nil, nil
	case plans.KindTraffic:
		action, err := newTraffic(s)
		return action, nil, err
	case plans.KindBake:
		return newBake(s), nil, nil
	case plans.KindCarry:
		return opening{handover(s)}, nil, nil
	}
	if a := handover(s); a != nil {
		return a, nil, nil
	}
	return nil, nil, fmt.Errorf("steps of kind %s are not known", s.Kind)
}
