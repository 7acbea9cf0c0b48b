package preflight

import (
	"context"

	"tandem/internal/schema"
)

// checkColumnTypes refuses types whose values tandem does not know how to carry.
func checkColumnTypes(_ context.Context, s *state) ([]Finding, error) {
	var names []string
	for _, t := range s.tables {
		for i := range t.Columns {
			if c := &t.Columns[i]; c.Kind == schema.Unknown {
				names = append(names, t.String()+"."+c.Name+" ("+c.Type+")")
			}
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "columns have types that tandem does not know", list(names), "change their types, or exclude the tables")
}
