package grants_test

import (
	"strings"
	"testing"
	"time"

	"tandem/internal/fencing"
	"tandem/internal/grants"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// TestFencesHaveTheirRights raises and lifts each fence as a user with the rights
// that are printed, those for fences among them; without these they are refused.
func TestFencesHaveTheirRights(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...sandboxtest.Option) *sandbox.Pair{"9.7": sandboxtest.Pair, "5.6": sandboxtest.Pair56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t).Source
			root := sandboxtest.RootDB(t, s, "")
			sandboxtest.Exec(t, root, "CREATE DATABASE shop", "CREATE TABLE shop.item (id INT PRIMARY KEY)",
				"CREATE USER app@'%' IDENTIFIED BY 'app'", "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'%'")
			if name != "5.6" {
				sandboxtest.Exec(t, root, "CREATE ROLE writer", "GRANT INSERT ON shop.* TO writer", "GRANT writer TO app@'%'")
			}
			server := grants.Server{Source: true, Family: grants.Plain, Schemas: []string{"shop"},
				Version: grants.Version{Major: s.Install().Major, Minor: s.Install().Minor}}
			for _, fences := range []bool{false, true} {
				server.User = map[bool]string{false: "without", true: "with"}[fences]
				sandboxtest.Exec(t, root, "CREATE USER '"+server.User+"'@'%' IDENTIFIED BY '"+s.Password()+"'")
				for _, st := range grants.Statements(server, grants.Needs(server)) {
					if fences || st.Part != grants.Fences {
						sandboxtest.Exec(t, root, strings.TrimSuffix(st.SQL, ";"))
					}
				}
			}
			for kind, with := range map[fencing.Kind]func(*fencing.Request){
				fencing.Accounts: func(r *fencing.Request) { r.Accounts = []string{"app"} },
				fencing.Grants:   func(r *fencing.Request) { r.Grants = []string{"app"} },
				fencing.ReadOnly: func(r *fencing.Request) { r.ReadOnly = true },
			} {
				if kind == fencing.Accounts && name == "5.6" {
					continue // accounts are locked from 5.7.6 on
				}
				r := fencing.Request{Migration: "m", Run: "run", Stage: "all", Side: ownership.Source, Groups: []string{"default"},
					Tables: []schema.Name{{Schema: "shop", Table: "item"}}, Deadline: time.Minute}
				with(&r)
				if err := fencing.Check(t.Context(), sandboxtest.DB(t, s, "without", ""), r, fencing.Programs{}); err == nil {
					t.Errorf("%s is not refused without its rights", kind)
				}
				db := sandboxtest.DB(t, s, "with", "")
				if _, err := fencing.Raise(t.Context(), db, r, fencing.Programs{}); err != nil {
					t.Errorf("raise %s: %v", kind, err)
				}
				if _, err := fencing.Confirm(t.Context(), db, r); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				if _, err := fencing.Lift(t.Context(), db, fencing.Which{Migration: "m"}, fencing.Programs{}); err != nil {
					t.Errorf("lift %s: %v", kind, err)
				}
			}
		})
	}
}
