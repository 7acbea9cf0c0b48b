package preflight

import (
	"context"

	"tandem/internal/schema"
)

// checkColumnsOfTarget refuses columns that the target's version does not know.
func checkColumnsOfTarget(_ context.Context, s *state) ([]Finding, error) {
	to := s.TargetFacts.Version
	var names []string
	for _, t := range s.tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			why := ""
			switch {
			case c.Kind == schema.Vector && !to.AtLeast(9, 0, 0):
				why = "VECTOR"
			case c.Kind == schema.JSON && !to.AtLeast(5, 7, 8):
				why = "JSON"
			case c.Invisible && !to.AtLeast(8, 0, 23):
				why = "INVISIBLE"
			case c.Generated && !to.AtLeast(5, 7, 6):
				why = "GENERATED"
			default:
				continue
			}
			names = append(names, t.String()+"."+c.Name+" ("+why+")")
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "the target does not know columns of this kind", list(names)+"; the target is "+to.Text,
		"use a target of a later version, change the columns on the source, or exclude the tables")
}
