package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// checkSourcePrivileges looks at what the user may do, roles included.
func checkSourcePrivileges(ctx context.Context, s *state) ([]Finding, error) {
	g := &s.sourceGrants
	missing := missingReplication(g)
	var reach schema.Reach
	if s.SourceFacts.NativeForeignKeys {
		reach = schema.ReachOf(s.tables)
	}
	for _, t := range s.tables {
		wanted := []string{"SELECT"}
		if t.RowKey() == nil || reach.Circular(t.Name) {
			// Such a table is locked for the moment in which its snapshot begins.
			wanted = append(wanted, "LOCK TABLES")
		}
		for _, p := range wanted {
			if !g.Has(p, t.Schema, t.Table) && !g.Has(p, t.Schema, "") {
				missing = append(missing, grantOn(p, t.Schema))
			}
		}
	}
	if s.SourceFacts.ExecutedEarly() {
		// Its rows are waited for with commits of tandem's own.
		for _, p := range []string{"SELECT", "INSERT", "UPDATE", "CREATE"} {
			if !g.Has(p, "_tandem", "") {
				missing = append(missing, grantOn(p, "_tandem"))
			}
		}
	}
	return s.on(Source).lacking(ctx, missing)
}

// checkTargetPrivileges wants what creating, filling and altering tables takes.
func checkTargetPrivileges(ctx context.Context, s *state) ([]Finding, error) {
	return s.on(Target).lacking(ctx, missingWrites(&s.targetGrants, s.databases()))
}

// missingReplication is what a user lacks who is to read a server's binlog.
func missingReplication(g *mysqldb.Grants) []string {
	var missing []string
	for _, p := range []string{"REPLICATION SLAVE", "REPLICATION CLIENT"} {
		if !g.HasGlobal(p) {
			missing = append(missing, p+" ON *.*")
		}
	}
	return missing
}

// writes are the privileges that a side which is applied to takes.
var writes = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"}

// missingWrites is what a user lacks who is to write databases, and _tandem.
func missingWrites(g *mysqldb.Grants, databases []string) []string {
	var missing []string
	for _, database := range append([]string{"_tandem"}, databases...) {
		for _, p := range writes {
			if !g.Has(p, database, "") {
				missing = append(missing, grantOn(p, database))
			}
		}
	}
	return missing
}

func grantOn(privilege, schema string) string {
	return privilege + " ON `" + strings.ReplaceAll(schema, "`", "``") + "`.*"
}

// lacking makes a finding of what is missing: grouped by object, as the GRANT
// statements that give it. What the server turns out to let the user do, whatever
// its grants say, is not missing.
func (v *server) lacking(ctx context.Context, missing []string) ([]Finding, error) {
	missing, err := v.refused(ctx, missing)
	if len(missing) == 0 || err != nil {
		return nil, err
	}
	g := v.grants
	var objects []string
	byObject := map[string][]string{}
	for _, m := range missing {
		privilege, object, _ := strings.Cut(m, " ON ")
		if !slices.Contains(objects, object) {
			objects = append(objects, object)
		}
		if !slices.Contains(byObject[object], privilege) {
			byObject[object] = append(byObject[object], privilege)
		}
	}
	var grants []string
	for _, o := range objects {
		grants = append(grants, fmt.Sprintf("GRANT %s ON %s TO %s", strings.Join(byObject[o], ", "), o, account(g.User)))
	}
	evidence := "the session runs as " + g.User
	if len(g.Roles) > 0 {
		evidence += " with the roles " + list(g.Roles)
	}
	fix := strings.Join(grants, "; ")
	if len(g.Inactive) > 0 {
		evidence += "; granted, but not active: " + list(g.Inactive)
		fix = "SET DEFAULT ROLE ALL TO " + account(g.User) + ", and if that does not give it: " + fix
	}
	return one(Block, "the user lacks privileges", evidence, fix)
}

// account quotes user@host.
func account(s string) string {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return s
	}
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	return quote(s[:i]) + "@" + quote(s[i+1:])
}
