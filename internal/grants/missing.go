package grants

import (
	"strings"

	"tandem/internal/mysqldb"
)

// Missing are the needs that a session's rights do not meet. What the rights tell
// nothing about, such as procedures, is left out.
func Missing(s Server, g *mysqldb.Grants, needs []Need) []Need {
	var missing []Need
	for _, n := range needs {
		if !met(s, g, n) {
			missing = append(missing, n)
		}
	}
	return missing
}

func met(s Server, g *mysqldb.Grants, n Need) bool {
	// SUPER had in it what became rights of their own.
	if g.HasGlobal("SUPER") && (n.Privilege == "CONNECTION_ADMIN" || n.Privilege == "SYSTEM_VARIABLES_ADMIN" ||
		n.Privilege == "ROLE_ADMIN" || strings.HasPrefix(n.Privilege, "SET_")) {
		return true
	}
	switch n.Scope {
	case Global:
		// A global SELECT shows routines, too.
		return g.HasGlobal(n.Privilege) || n.Privilege == "SHOW_ROUTINE" && g.HasGlobal("SELECT")
	case Own:
		return g.Has(n.Privilege, "_tandem", "")
	case Data:
		for _, schema := range s.Schemas {
			if !g.Has(n.Privilege, schema, "") {
				return false
			}
		}
		return true
	}
	schema, table, ok := strings.Cut(string(n.Scope), ".")
	switch {
	case !ok || strings.Contains(schema, " "):
		return true
	case table == "*":
		return g.Has(n.Privilege, schema, "")
	default:
		return g.Has(n.Privilege, schema, "") || g.Has(n.Privilege, schema, table)
	}
}
