package preflight

import "context"

// checkSingleMember tells of databases that have nothing to fail over to.
func checkSingleMember(_ context.Context, _ *state, v *server) ([]Finding, error) {
	i, c := v.instance(), v.cluster()
	switch {
	case i == nil && c == nil:
		return none(notManaged)
	case c != nil && len(c.Members) == 1:
		return one(Info, "the cluster has one instance: when it fails, a new one has to be made", "its only member is "+c.Members[0].ID,
			aws(c, "create-db-instance")+" --engine aurora-mysql --db-cluster-identifier "+c.ID+" --db-instance-identifier "+c.ID+"-2 --db-instance-class "+c.Members[0].Class)
	case i != nil && i.Availability == "ZONAL":
		return one(Info, "the instance is in one zone, and down when that is", seen("availabilityType", i.Availability),
			gcloud(i, "instances patch", "--availability-type=REGIONAL")+" (restarts it)")
	}
	return nil, nil
}
