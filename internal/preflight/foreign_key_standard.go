package preflight

import (
	"context"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// checkForeignKeyStandard refuses foreign keys to columns that are not a whole
// unique key, where the target does: MySQL 8.4 and later do unless told otherwise.
func checkForeignKeyStandard(_ context.Context, s *state) ([]Finding, error) {
	if !s.TargetFacts.RestrictForeignKeyNonStandard {
		return nil, nil
	}
	byName := map[schema.Name]*schema.Table{}
	for _, t := range s.tables {
		byName[t.Name] = t
	}
	var names []string
	for _, t := range s.tables {
		for i := range t.ForeignKeys {
			f := &t.ForeignKeys[i]
			if parent := byName[f.Parent]; parent != nil && !uniqueOn(parent, f.ParentCols) {
				names = append(names, t.String()+" "+f.Name+" to "+f.Parent.String()+" ("+strings.Join(f.ParentCols, ", ")+")")
			}
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "foreign keys lead to columns that are no unique key, which the target refuses", seen("restrict_fk_on_non_standard_key", "ON")+"; "+list(names),
		s.on(Target).set("restrict_fk_on_non_standard_key", "OFF")+", or make a unique key on these columns on the source")
}

// uniqueOn tells whether a table has a unique key of just these columns.
func uniqueOn(t *schema.Table, columns []string) bool {
	return slices.ContainsFunc(t.Keys, func(k schema.Key) bool {
		if !k.Unique && !k.Primary || len(k.Parts) != len(columns) {
			return false
		}
		for _, p := range k.Parts {
			if p.Column < 0 || p.Prefix > 0 || !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, t.Columns[p.Column].Name) }) {
				return false
			}
		}
		return true
	})
}
