package preflight

import "context"

// checkKeys tells which tables have no key that identifies a row.
func checkKeys(_ context.Context, s *state) ([]Finding, error) {
	var names, absent []string
	fix := ""
	for _, t := range s.tables {
		if len(t.Keys) == 0 || !t.Keys[0].Primary {
			absent = append(absent, t.String())
			if fix == "" {
				fix = "ALTER TABLE " + t.Quoted() + " ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"
			}
		}
		if t.RowKey() == nil {
			names = append(names, t.String())
		}
	}
	fix += ", and so on, or exclude them"
	var found []Finding
	if len(names) > 0 {
		found = append(found, Finding{
			Severity: Warn,
			What:     "tables have no primary key and no unique key of NOT NULL columns: they are copied in one piece and applied slowly",
			Evidence: list(names),
			Fix:      fix,
		})
	}
	f := &s.TargetFacts
	switch {
	case len(absent) > 0 && f.GeneratePrimaryKey:
		found = append(found, Finding{
			Severity: Block,
			Side:     Target,
			What:     "the target gives tables without a primary key an invisible one, so they would not be the source's",
			Evidence: seen("sql_generate_invisible_primary_key", "ON") + ", and there is no primary key in " + list(absent),
			Fix:      s.on(Target).set("sql_generate_invisible_primary_key", "OFF"),
		})
	case len(absent) > 0 && f.RequirePrimaryKey:
		found = append(found, Finding{
			Severity: Block,
			Side:     Target,
			What:     "the target refuses tables without a primary key",
			Evidence: seen("sql_require_primary_key", "ON") + ", and there is none in " + list(absent),
			Fix:      s.on(Target).set("sql_require_primary_key", "OFF") + ", or on the source: " + fix,
		})
	}
	return found, nil
}
