package preflight

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// TestGuardRights compares what the check says with what the server does.
func TestGuardRights(t *testing.T) {
	t.Parallel()
	current := sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--log-bin-trust-function-creators=0"))
	old := sandboxtest.Pair56(t, sandboxtest.WithSourceArgs("--log-bin-trust-function-creators=0"))
	for _, s := range []*sandbox.Server{current.Source, current.Target, old.Source, old.Target} {
		root := sandboxtest.RootDB(t, s, "")
		sandboxtest.Exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id int PRIMARY KEY)")
		for user, rights := range map[string]string{
			"nothing": "SELECT ON *.*", "plain": "TRIGGER ON d.*", "super": "SUPER ON *.*", "definer": "SET_ANY_DEFINER ON *.*",
		} {
			if user == "definer" && s == old.Source {
				continue
			}
			sandboxtest.Exec(t, root, "CREATE USER "+user+" IDENTIFIED BY 'pw'", "GRANT "+rights+" TO "+user)
			sandboxtest.Exec(t, root, "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO "+user)
			if user != "nothing" {
				sandboxtest.Exec(t, root, "GRANT TRIGGER ON d.* TO "+user)
			}
		}
	}
	for _, c := range []struct {
		name, user string
		pair       *sandbox.Pair
		want       []string
	}{
		{"no right", "nothing", current, []string{"source", "source", "target"}},
		{"no trust", "plain", current, []string{"source"}},
		{"no trust, 5.6", "plain", old, []string{"source"}},
		{"no trust", "definer", current, []string{"source"}},
		{"trust is not needed", "super", current, nil},
		{"trust is not needed, 5.6", "super", old, nil},
	} {
		t.Run(c.name+" "+c.user, func(t *testing.T) {
			in := withFacts(t, Input{
				Source: open(t, c.pair.Source, "source", c.user, "pw"), Target: open(t, c.pair.Target, "target", c.user, "pw"),
				Tables: func(n schema.Name) bool { return n.Schema == "d" },
				Only:   func(k Check) bool { return k.ID == "guard-rights" },
			})
			var sides []string
			for _, f := range mustRun(t, in) {
				sides = append(sides, string(f.Side))
				if f.Severity != Warn || f.What == "" || f.Evidence == "" || f.Fix == "" {
					t.Errorf("not told well: %+v", f)
				}
			}
			if !slices.Equal(sides, c.want) {
				t.Errorf("found on %q, want %q", sides, c.want)
			}
			for side, on := range map[string]*sql.DB{"source": in.Source, "target": in.Target} {
				_, err := on.Exec("CREATE TRIGGER d.x BEFORE INSERT ON d.t FOR EACH ROW SET @a=1")
				if allowed := err == nil; allowed == slices.Contains(sides, side) {
					t.Errorf("on the %s: the check says %v, the server %v", side, slices.Contains(sides, side), err)
				}
				if err == nil {
					sandboxtest.Exec(t, on, "DROP TRIGGER d.x")
				}
			}
		})
	}
	s := sound()
	s.tables = nil
	s.SourceFacts.Flavour, s.TargetFacts.Flavour = mysqldb.CloudSQL, mysqldb.Aurora
	found, err := checkGuardRights(t.Context(), s)
	if err != nil || len(found) != 2 || !strings.Contains(found[0].Fix, "database flag log_bin_trust_function_creators=1") ||
		!strings.Contains(found[1].Fix, "log_bin_trust_function_creators=1 in the DB cluster parameter group") {
		t.Errorf("in the clouds: %+v, %v", found, err)
	}
}
