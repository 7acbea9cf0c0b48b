package preflight

import (
	"context"

	"tandem/internal/schema"
)

// checkForeignKeyEngine: what foreign keys change in child tables is not in the
// binlog of a source whose InnoDB follows them, so the target has to follow them
// in the same way. The server's own code, which does it from MySQL 9.6 on, does
// not (seen with 9.7.4): a parent's key that changes its case only stays as it
// was, and SET NULL does not come back to the table that the statement is about.
func checkForeignKeyEngine(_ context.Context, s *state) ([]Finding, error) {
	if !s.SourceFacts.NativeForeignKeys || s.TargetFacts.NativeForeignKeys {
		return nil, nil
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
	return one(Block, "the target follows foreign keys in another way than the source, whose binlog leaves it to the target",
		seen("innodb_native_foreign_keys", "OFF")+" on the target, and foreign keys cascade to "+list(names),
		s.on(Target).setAtStart("innodb_native_foreign_keys", "ON"))
}

func cascades(t *schema.Table) bool {
	for i := range t.ForeignKeys {
		if t.ForeignKeys[i].Cascades() {
			return true
		}
	}
	return false
}
