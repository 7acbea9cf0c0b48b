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
func checkSourcePrivileges(_ context.Context, s *state) ([]Finding, error) {
	g := &s.sourceGrants
	var missing []string
	for _, p := range []string{"REPLICATION SLAVE", "REPLICATION CLIENT"} {
		if !g.HasGlobal(p) {
			missing = append(missing, p+" ON *.*")
		}
	}
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
	return lacking(g, missing)
}

// checkTargetPrivileges wants what creating, filling and altering tables takes.
func checkTargetPrivileges(_ context.Context, s *state) ([]Finding, error) {
	g := &s.targetGrants
	schemas := []string{"_tandem"}
	for _, t := range s.tables {
		if !slices.Contains(schemas, t.Schema) {
			schemas = append(schemas, t.Schema)
		}
	}
	var missing []string
	for _, schema := range schemas {
		for _, p := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"} {
			if !g.Has(p, schema, "") {
				missing = append(missing, grantOn(p, schema))
			}
		}
	}
	return lacking(g, missing)
}

func grantOn(privilege, schema string) string {
	return privilege + " ON `" + strings.ReplaceAll(schema, "`", "``") + "`.*"
}

// lacking makes a finding of what is missing: grouped by object, as the GRANT
// statements that give it.
func lacking(g *mysqldb.Grants, missing []string) ([]Finding, error) {
	if len(missing) == 0 {
		return nil, nil
	}
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
