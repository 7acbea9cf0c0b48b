package preflight

import (
	"context"
	"fmt"
)

// checkEffective tries out what grants say: a managed server may refuse what they
// promise.
func checkEffective(ctx context.Context, s *state) ([]Finding, error) {
	var all []Finding
	for _, v := range s.servers() {
		if v.takesNoWrites() != "" {
			continue // it would refuse for that reason
		}
		conn, err := v.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		var denied []string
		for _, w := range v.granted(s) {
			privilege, database := parseGrant(w)
			o, err := v.try(ctx, conn, privilege, database)
			if err != nil {
				return nil, err
			}
			if o == mayNot {
				denied = append(denied, w)
			}
		}
		if len(denied) > 0 {
			all = append(all, Finding{Severity: Block, Side: v.side, What: "the server refuses what the user's grants promise",
				Evidence: fmt.Sprintf("SHOW GRANTS of %s has these, and trying them is refused: %s", v.grants.User, list(denied)),
				Fix:      "grant them to the user itself, not by a role or a pattern: GRANT " + denied[0] + " TO " + account(v.grants.User) + ", and so on"})
		}
	}
	return all, nil
}

// granted is what grants promise of what is wanted on a server.
func (v *server) granted(s *state) []string {
	var wanted []string
	if v.side == Source {
		for _, p := range []string{"REPLICATION SLAVE", "REPLICATION CLIENT"} {
			if v.grants.HasGlobal(p) {
				wanted = append(wanted, p+" ON *.*")
			}
		}
	}
	databases := s.databases()
	if v.side == Target {
		databases = append([]string{"_tandem"}, databases...)
	}
	for _, database := range databases {
		privileges := writes
		if v.side == Source {
			privileges = []string{"SELECT"}
		}
		for _, p := range privileges {
			if v.grants.Has(p, database, "") {
				wanted = append(wanted, grantOn(p, database))
			}
		}
	}
	return wanted
}
