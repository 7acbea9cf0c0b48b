package preflight

import "context"

// checkEngines wants InnoDB: other engines have no transactions, so what they
// logged need not be what they hold, and Aurora has no other.
func checkEngines(_ context.Context, s *state) ([]Finding, error) {
	var names []string
	fix := ""
	for _, t := range s.tables {
		if t.Engine != "InnoDB" {
			names = append(names, t.String()+" ("+t.Engine+")")
			if fix == "" {
				fix = "ALTER TABLE " + t.Quoted() + " ENGINE=InnoDB"
			}
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "tables are not in InnoDB", list(names), fix+", and so on, or exclude them")
}
