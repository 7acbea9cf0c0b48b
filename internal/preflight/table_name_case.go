package preflight

import (
	"context"
	"fmt"
)

// checkTableNameCase wants names that mean the same on both sides. The variable
// is fixed when a server is created.
func checkTableNameCase(_ context.Context, s *state) ([]Finding, error) {
	from, to := s.SourceFacts.LowerCaseTableNames, s.TargetFacts.LowerCaseTableNames
	if from == to {
		return nil, nil
	}
	return one(Block, "the two servers do not agree on whether the case of table names matters",
		fmt.Sprintf("lower_case_table_names is %d on the source, %d on the target", from, to),
		fmt.Sprintf("create the target anew with lower_case_table_names=%d: it can not be changed later", from))
}
