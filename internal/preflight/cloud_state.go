package preflight

import "context"

// checkCloudState wants servers that the cloud is not at work on.
func checkCloudState(_ context.Context, _ *state, v *server) ([]Finding, error) {
	i, c := v.instance(), v.cluster()
	switch {
	case i == nil && c == nil:
		return none(notManaged)
	case i != nil && i.State != "" && i.State != "RUNNABLE":
		return one(Block, "the instance is not in service", seen("state of "+i.ConnectionName, i.State), "wait until "+gcloud(i, "instances describe", "--format='value(state)'")+" says RUNNABLE")
	case i != nil && i.ActivationPolicy != "" && i.ActivationPolicy != "ALWAYS":
		return one(Warn, "the instance does not start by itself", seen("activationPolicy", i.ActivationPolicy), gcloud(i, "instances patch", "--activation-policy=ALWAYS"))
	case c != nil && c.Status != "" && c.Status != "available":
		return one(Block, "the cluster is not in service", seen("status of "+c.ID, c.Status), "wait: "+aws(c, "wait db-cluster-available")+" --db-cluster-identifier "+c.ID)
	}
	return nil, nil
}
