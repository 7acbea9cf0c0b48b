package preflight

import (
	"context"

	"tandem/internal/schema"
)

// checkForeignKeys wants the parents of replicated tables to be replicated, too:
// the target would have children without parents, and what a parent's change
// does to its children is not in every binlog.
func checkForeignKeys(_ context.Context, s *state) ([]Finding, error) {
	there := map[schema.Name]bool{}
	for _, t := range s.tables {
		there[t.Name] = true
	}
	var names []string
	for _, t := range s.tables {
		for _, f := range t.ForeignKeys {
			if !there[f.Parent] {
				names = append(names, t.String()+" refers to "+f.Parent.String()+" ("+f.Name+")")
			}
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "foreign keys lead out of the replicated tables", list(names),
		"include the tables they lead to, exclude the tables they come from, or drop the foreign keys")
}
