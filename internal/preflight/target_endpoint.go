package preflight

import (
	"context"
	"strings"
)

// checkTargetEndpoint wants the endpoint that follows a failover, not one
// instance's, and not the readers'.
func checkTargetEndpoint(_ context.Context, s *state) ([]Finding, error) {
	v := s.on(Target)
	c, host := v.cluster(), strings.ToLower(v.path.Host)
	if c != nil && c.WriterMember() == nil && len(c.Members) > 0 {
		return one(Block, "the cluster has no writer now", "none of its members writes", "wait until a failover is over: "+aws(c, "describe-db-clusters")+" --db-cluster-identifier "+c.ID)
	}
	if c != nil && host == "" {
		return nil, nil // the cluster's name leads to its writer
	}
	name, isRDS := strings.CutSuffix(strings.TrimSuffix(host, "."), ".rds.amazonaws.com")
	if !isRDS || v.flavour() != "Aurora" {
		return none("not the host name of an Aurora endpoint")
	}
	fix := "write aurora: {cluster: …, region: …} as the target in tandem.yaml, or the cluster's writer endpoint as host:"
	if c != nil && c.Writer != "" {
		fix = "write aurora: {cluster: " + c.ID + ", region: " + c.Region + "} as the target in tandem.yaml, or host: " + c.Writer
	}
	switch {
	case strings.Contains(name, ".cluster-ro-"):
		return one(Block, "the target is named by the endpoint of the readers", "host is "+host, fix)
	case strings.Contains(name, ".cluster-custom-"):
		return one(Warn, "the target is named by a custom endpoint, which may lead to a reader after a failover", "host is "+host, fix)
	case !strings.Contains(name, ".cluster-"):
		return one(Warn, "the target is named by one instance's endpoint, which is a reader's after a failover", "host is "+host, fix)
	}
	return nil, nil
}
