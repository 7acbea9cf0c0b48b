package preflight

import (
	"context"
	"fmt"
	"strconv"
)

// checkPacket wants a target that takes the largest row that the source took.
func checkPacket(_ context.Context, s *state) ([]Finding, error) {
	from, to := s.SourceFacts.MaxAllowedPacket, s.TargetFacts.MaxAllowedPacket
	if to >= from {
		return nil, nil
	}
	f := Finding{
		Severity: Block,
		Side:     Target,
		What:     "the target may refuse a row that the source has taken",
		Evidence: fmt.Sprintf("max_allowed_packet is %d on the source, %d on the target", from, to),
		Fix:      s.on(Target).set("max_allowed_packet", strconv.FormatInt(from, 10)),
	}
	return []Finding{f}, nil
}
