package preflight

import (
	"context"
	"strings"
	"testing"
)

// elsewhere are checks with a test of their own, in which they find something, and
// nothing.
var elsewhere = map[string]string{
	"privileges-source": "TestMissingPrivileges", "privileges-target": "TestMissingPrivileges", "triggers-target": "TestTriggersAfterHandover",
	"events-target": "TestUnsoundTables", "collation": "TestUnknownCollation", "collation-database": "TestDatabaseCollation",
	"guard-rights": "TestGuardRights", "foreign-key-engine": "TestForeignKeyEngine",
	"binlog-filter": "TestServerStates", "source-primary": "TestServerStates", "target-replica": "TestServerStates", "long-transactions": "TestServerStates",
	"xa-prepared": "TestServerStates", "resume-source": "TestServerStates", "resume-target": "TestServerStates",
	"privileges-effective": "TestRightsByTrying", "privileges-objects": "TestRightsByTrying", "privileges-reverse": "TestRightsByTrying",
}

// TestEveryCheckIsTested: for each check there is a case in which it finds
// something. In sound states those on facts find nothing, and at least one of these
// gives them something to look at; those on servers are run before and after.
func TestEveryCheckIsTested(t *testing.T) {
	fires := map[string]bool{}
	for _, cases := range [][]factCase{plainCases(), managedCases()} {
		for _, c := range cases {
			for _, w := range c.want {
				id, _, _ := strings.Cut(w, ":")
				fires[id] = true
			}
		}
	}
	for _, c := range serverCases() {
		fires[c.id] = true
	}
	looked := map[string]bool{}
	for _, s := range []*state{sound(), managed()} {
		s.Stream = func(context.Context, Side) error { return nil }
		idle := map[string]bool{}
		for _, f := range onFacts(t, s) {
			for _, c := range checks {
				if f.Severity == NotApplicable && f.ID == c.id && f.Side == c.side {
					idle[f.ID] = true
				}
			}
		}
		for _, c := range checks {
			if !needsServer[c.id] && !idle[c.id] {
				looked[c.id] = true
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range checks {
		if seen[c.id] {
			t.Errorf("%s: twice in the list", c.id)
		}
		seen[c.id] = true
		if !fires[c.id] && elsewhere[c.id] == "" {
			t.Errorf("%s: no test in which it finds something", c.id)
		}
		if !needsServer[c.id] && !looked[c.id] {
			t.Errorf("%s: has nothing to look at in any sound state", c.id)
		}
		if c.run == nil || c.group == "" || c.side == "" {
			t.Errorf("%s: %+v is not whole", c.id, c)
		}
	}
}
