package plans

import (
	"fmt"
	"time"

	"tandem/internal/config"
)

// slowFence is a pause below which a change through Cloud SQL's admin API, which
// takes from some seconds to a minute, does not fit.
const slowFence = Duration(time.Minute)

// clouds looks at what a stage asks of the clouds.
func (l *linter) clouds(i int, around Surroundings) {
	s := &l.plan.Stages[i]
	for j, a := range s.Traffic {
		if a.DNS != nil && a.DNS.same() {
			l.reportKey(ruleDNSSame, fmt.Sprintf("%s[%d].dns", stagePath(i, "traffic"), j), "the record holds the same on both sides", "values: or weight: must differ")
		}
	}
	if around.Config == nil {
		return // said elsewhere
	}
	for _, side := range s.Snapshot.sides() {
		if e := endpointOf(around.Config, side); e.CloudSQL == nil && e.Aurora == nil {
			l.reportKey(ruleSnapshotNowhere, stagePath(i, "snapshot."+string(side)), fmt.Sprintf("the %s in tandem.yaml is neither cloudsql: nor aurora:", side),
				"leave it out, or name the instance or cluster there")
		}
	}
	if f := s.Fence; f != nil && f.ReadOnly && !f.Guarded() && around.Config.Source.CloudSQL != nil && s.PauseBudget > 0 && s.PauseBudget < slowFence {
		l.reportKey(ruleFenceSlow, stagePath(i, "fence.read_only"), fmt.Sprintf("on Cloud SQL this is a flag that takes up to a minute to set, and the pause has %s", s.PauseBudget),
			"keep the guard on: then read_only closes the old side once the handover is done")
	}
}

func endpointOf(c *config.Config, side Side) config.Endpoint {
	if side == SideTarget {
		return c.Target
	}
	return c.Source.Endpoint
}
