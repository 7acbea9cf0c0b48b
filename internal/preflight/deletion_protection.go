package preflight

import "context"

// checkDeletionProtection wants databases that nobody deletes by mistake: the one
// that is left is the way back.
func checkDeletionProtection(_ context.Context, _ *state, v *server) ([]Finding, error) {
	i, c := v.instance(), v.cluster()
	switch {
	case i == nil && c == nil:
		return none(notManaged)
	case i != nil && !i.DeletionProtection:
		return one(Warn, "the instance can be deleted by one command, and with it a way back", seen("deletionProtectionEnabled", false), gcloud(i, "instances patch", "--deletion-protection"))
	case c != nil && !c.DeletionProtection:
		return one(Warn, "the cluster can be deleted by one command, and with it the data", seen("DeletionProtection", false),
			aws(c, "modify-db-cluster")+" --db-cluster-identifier "+c.ID+" --deletion-protection --apply-immediately")
	}
	return nil, nil
}
