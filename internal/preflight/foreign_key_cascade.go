package preflight

import "context"

// checkForeignKeyCascades tells of tables whose rows are changed by foreign keys
// without a word in the binlog: tandem lets the target's do the same, in one lane.
func checkForeignKeyCascades(_ context.Context, s *state) ([]Finding, error) {
	if !s.SourceFacts.NativeForeignKeys {
		return none("the source writes what foreign keys change into its binlog")
	}
	var names []string
	for _, t := range s.tables {
		if cascades(t) {
			names = append(names, t.String())
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Info, "foreign keys change rows of these tables, which the source does not write into its binlog: the target's do the same, "+
		"and the tables are applied one transaction after the other", list(names), "")
}
