package preflight

import (
	"context"
	"fmt"
)

// checkReverseVersion tells what a newer target lets applications do that does not
// come back.
func checkReverseVersion(ctx context.Context, s *state) ([]Finding, error) {
	from, to := s.SourceFacts.Version, s.TargetFacts.Version
	if from.AtLeast(to.Major, to.Minor, 0) {
		return nil, nil
	}
	evidence := "source " + from.Text + ", target " + to.Text
	if name, known := s.targetVars["collation_server"]; known && s.Source != nil {
		there, err := collations(ctx, s.Source)
		if err != nil {
			return nil, err
		}
		if !there[current(name)] {
			return one(Warn, "a table that is made on the target after a handover gets a collation that the source does not know, and the reverse link stops there",
				fmt.Sprintf("collation_server is %s on the target; %s", name, evidence),
				"name character set and collation in CREATE DATABASE and CREATE TABLE, or "+s.on(Target).set("collation_server", s.SourceFacts.CollationServer))
		}
	}
	return one(Info, "the target is newer: while there is to be a way back, let applications use no types and statements there that the source does not know", evidence, "")
}
