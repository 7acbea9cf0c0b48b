package preflight

import (
	"context"

	"tandem/internal/mysqldb"
)

// checkFlavour refuses MariaDB: its GTIDs, binlog events and JSON are others.
func checkFlavour(_ context.Context, s *state) ([]Finding, error) {
	var found []Finding
	for side, f := range map[Side]*mysqldb.Facts{Source: &s.SourceFacts, Target: &s.TargetFacts} {
		if f.Flavour == mysqldb.MariaDB {
			found = append(found, Finding{
				Severity: Block,
				Side:     side,
				What:     "the server is MariaDB, which speaks another binlog and other GTIDs",
				Evidence: seen("version", f.Version.Text),
				Fix:      "tandem moves MySQL databases only",
			})
		}
	}
	if len(found) == 2 && found[0].Side == Target {
		found[0], found[1] = found[1], found[0]
	}
	return found, nil
}
