package preflight

import (
	"context"

	"tandem/internal/catalog"
)

// checkLabels tells of ENUM and SET labels that may be others than they look,
// where the user may not make the temporary table that shows them.
func checkLabels(_ context.Context, s *state) ([]Finding, error) {
	var names, grants []string
	for _, t := range s.tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			if catalog.Doubtful(c) && !s.sourceGrants.Has("CREATE TEMPORARY TABLES", t.Schema, "") {
				names = append(names, t.String()+"."+c.Name+" "+c.Type)
				grants = append(grants, grantOn("CREATE TEMPORARY TABLES", t.Schema))
			}
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "a ? in an ENUM or SET label may stand for a character that the server can not describe; "+
		"then the target's label would be a ?", list(names), "GRANT "+grants[0]+" TO "+account(s.sourceGrants.User))
}
