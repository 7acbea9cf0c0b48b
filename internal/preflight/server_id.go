package preflight

import (
	"context"
	"fmt"
)

// checkServerID wants a source that serves replicas, and tandem to be none other
// than itself among them.
func checkServerID(_ context.Context, s *state) ([]Finding, error) {
	switch id := s.SourceFacts.ServerID; {
	case id == 0:
		return one(Block, "the source has no number of its own, so it lets nobody stream its binlog", seen("server_id", 0), s.on(Source).set("server_id", "1"))
	case id == s.ServerID:
		return one(Block, "tandem and the source have the same number, so the source would take tandem for itself",
			fmt.Sprintf("server_id is %d on the source, and so is replicate.server_id in tandem.yaml", id),
			"write another number as replicate.server_id in tandem.yaml, or leave it out")
	}
	return nil, nil
}
