package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
)

// goneModes are those that MySQL 8.0 does not know any more.
var goneModes = map[string]bool{"NO_AUTO_CREATE_USER": true, "DB2": true, "MAXDB": true, "MSSQL": true, "MYSQL323": true, "MYSQL40": true,
	"ORACLE": true, "POSTGRESQL": true, "NO_FIELD_OPTIONS": true, "NO_KEY_OPTIONS": true, "NO_TABLE_OPTIONS": true}

// checkSQLMode compares what applications' statements go by. tandem's own sessions
// set their own.
func checkSQLMode(_ context.Context, s *state) ([]Finding, error) {
	a, b := modes(s.SourceFacts.SQLMode), modes(s.TargetFacts.SQLMode)
	if s.TargetFacts.Version.AtLeast(8, 0, 0) || s.SourceFacts.Version.AtLeast(8, 0, 0) {
		gone := func(m string) bool { return goneModes[m] }
		a, b = slices.DeleteFunc(a, gone), slices.DeleteFunc(b, gone)
	}
	if slices.Equal(a, b) {
		return nil, nil
	}
	v := s.on(Target)
	fix := v.set("sql_mode", strings.Join(a, ","))
	if v.flavour() == mysqldb.CloudSQL && len(a) == 0 {
		fix = "Cloud SQL takes no empty sql_mode: let the applications set theirs at connecting"
	}
	return one(Warn, "the sql_mode of new sessions differs: after a handover applications that set none are refused, or let through, other values",
		fmt.Sprintf("%s on the source, %s on the target", orNone(a), orNone(b)), fix)
}

func modes(text string) []string {
	m := strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return r == ',' || r == ' ' })
	slices.Sort(m)
	return m
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "(empty)"
	}
	return strings.Join(names, ",")
}
