package preflight

import "context"

// checkReversePrivileges wants what the reverse link takes: to read the target's
// binlog, and to write on the source.
func checkReversePrivileges(ctx context.Context, s *state) ([]Finding, error) {
	var all []Finding
	for _, on := range []struct {
		v       *server
		missing []string
	}{{s.on(Source), missingWrites(&s.sourceGrants, s.databases())}, {s.on(Target), missingReplication(&s.targetGrants)}} {
		found, err := on.v.lacking(ctx, on.missing)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			f.Severity, f.Side = Warn, on.v.side
			f.What = "the user lacks privileges for the reverse link, so there is no way back from a handover"
			all = append(all, f)
		}
	}
	return all, nil
}
