package preflight

import (
	"context"
	"fmt"
	"strings"
)

// smallest is the least capacity that keeps up with a copy, in ACUs.
const smallest = 4

// checkCapacity tells of instances that are too small to keep up: those that may
// be throttled after a burst, and serverless ones with a low limit.
func checkCapacity(_ context.Context, _ *state, v *server) ([]Finding, error) {
	i, c := v.instance(), v.cluster()
	switch {
	case i == nil && c == nil:
		return none(notManaged)
	case i != nil && (i.Tier == "db-f1-micro" || i.Tier == "db-g1-small"):
		return one(Warn, "the instance shares a core, and is throttled after a burst: the copy and the stream may fall behind", seen("tier", i.Tier),
			gcloud(i, "instances patch", "--tier=db-custom-2-8192")+" (restarts it)")
	case c != nil && c.MaxACU > 0 && c.MaxACU < smallest:
		return one(Warn, "the serverless cluster may grow too little to keep up with the copy", fmt.Sprintf("it has %g to %g ACUs", c.MinACU, c.MaxACU),
			fmt.Sprintf("%s --db-cluster-identifier %s --serverless-v2-scaling-configuration MinCapacity=2,MaxCapacity=16 --apply-immediately", aws(c, "modify-db-cluster"), c.ID))
	case c != nil && c.MaxACU > 0 && c.MinACU == 0:
		return one(Warn, "the serverless cluster may pause, which ends every connection", fmt.Sprintf("it has %g to %g ACUs", c.MinACU, c.MaxACU),
			fmt.Sprintf("%s --db-cluster-identifier %s --serverless-v2-scaling-configuration MinCapacity=2,MaxCapacity=%g --apply-immediately", aws(c, "modify-db-cluster"), c.ID, c.MaxACU))
	}
	if c != nil {
		for _, m := range c.Members {
			if strings.HasPrefix(m.Class, "db.t") {
				return one(Warn, "an instance of the cluster is throttled after a burst: the copy and the stream may fall behind", m.ID+" is a "+m.Class,
					fmt.Sprintf("%s --db-instance-identifier %s --db-instance-class db.r7g.large --apply-immediately", aws(c, "modify-db-instance"), m.ID))
			}
		}
	}
	return nil, nil
}
