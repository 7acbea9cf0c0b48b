package preflight

import (
	"context"
	"slices"

	"tandem/internal/mysqldb"
)

// checkGuardRights looks whether guards can be put on the tables when they are
// to be handed over: they are triggers. Nothing else needs that, so it is no
// reason not to begin.
func checkGuardRights(ctx context.Context, s *state) ([]Finding, error) {
	var all []Finding
	for _, on := range []struct {
		side   Side
		facts  *mysqldb.Facts
		grants *mysqldb.Grants
	}{{Source, &s.SourceFacts, &s.sourceGrants}, {Target, &s.TargetFacts, &s.targetGrants}} {
		var missing, schemas []string
		for _, t := range s.tables {
			if slices.Contains(schemas, t.Schema) {
				continue
			}
			schemas = append(schemas, t.Schema)
			if !on.grants.Has("TRIGGER", t.Schema, "") {
				missing = append(missing, grantOn("TRIGGER", t.Schema))
			}
		}
		found, err := s.on(on.side).lacking(ctx, missing)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			f.Severity, f.Side = Warn, on.side
			f.What = "the user may not create triggers, so a handover can not guard the tables"
			all = append(all, f)
		}
		// SET_ANY_DEFINER does not stand in for SUPER here (MySQL 9.7).
		if on.facts.LogBin && !on.facts.TrustFunctionCreators && !on.grants.HasGlobal("SUPER") {
			all = append(all, Finding{Severity: Warn, Side: on.side,
				What:     "the server lets no user like this one create triggers while it writes a binlog, so a handover can not guard the tables",
				Evidence: seen("log_bin_trust_function_creators", "OFF") + ", and the session runs as " + on.grants.User,
				Fix:      s.on(on.side).set("log_bin_trust_function_creators", "1")})
		}
	}
	return all, nil
}
