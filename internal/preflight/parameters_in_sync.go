package preflight

import (
	"context"
	"strings"
)

// checkParametersInSync wants a cluster that runs what its parameter group says:
// else the cloud shows values that do not hold, until a failover makes them.
func checkParametersInSync(_ context.Context, _ *state, v *server) ([]Finding, error) {
	c := v.cluster()
	if c == nil {
		return none(notAurora)
	}
	var found []Finding
	for _, m := range c.Members {
		if m.ParameterStatus == "" || m.ParameterStatus == "in-sync" {
			continue
		}
		severity, what := Block, "the writer does not run what its parameter group says"
		if !m.Writer {
			severity, what = Warn, "a reader does not run what its parameter group says, and would be the writer after a failover"
		}
		found = append(found, Finding{Severity: severity, What: what, Evidence: m.ID + " is " + m.ParameterStatus,
			Fix: aws(c, "reboot-db-instance") + " --db-instance-identifier " + m.ID})
	}
	pending := c.Pending
	for _, m := range c.Members {
		for _, p := range m.Pending {
			pending = append(pending[:len(pending):len(pending)], m.ID+": "+p)
		}
	}
	if len(pending) > 0 {
		found = append(found, Finding{Severity: Warn, What: "changes of the cluster wait for its maintenance window, which may fall into a handover",
			Evidence: list(pending), Fix: aws(c, "modify-db-cluster") + " --db-cluster-identifier " + c.ID + " --apply-immediately, with the same changes: " + strings.Join(pending, ", ")})
	}
	return found, nil
}
