package preflight

import (
	"context"
	"strings"

	"tandem/internal/schema"
)

// checkOnlineSchemaChange tells of tables that gh-ost and pt-online-schema-change
// leave lying about while they are at work, and after they were interrupted.
func checkOnlineSchemaChange(_ context.Context, s *state) ([]Finding, error) {
	there := map[schema.Name]bool{}
	for _, t := range s.tables {
		there[t.Name] = true
	}
	var names []string
	for _, t := range s.tables {
		if of := changing(t.Table); of != "" && (there[schema.Name{Schema: t.Schema, Table: of}] || strings.HasSuffix(t.Table, "_del")) {
			names = append(names, t.String())
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "an online schema change is under way, or was left unfinished: its tables would be copied, too", list(names),
		"wait until it is done, drop what it left, or exclude these tables")
}

// changing returns the table of which a table with such a name is a copy.
func changing(name string) string {
	if !strings.HasPrefix(name, "_") {
		return ""
	}
	for _, end := range []string{"_gho", "_ghc", "_del", "_new", "_old"} {
		if of, ok := strings.CutSuffix(name[1:], end); ok && of != "" {
			return of
		}
	}
	return ""
}
