package preflight

import "context"

// checkSameServer refuses a source that is its own target, which one wrong line
// of configuration makes.
func checkSameServer(_ context.Context, s *state) ([]Finding, error) {
	if s.SourceFacts.ServerUUID == "" || s.SourceFacts.ServerUUID != s.TargetFacts.ServerUUID {
		return nil, nil
	}
	return one(Block, "source and target are the same server",
		seen("server_uuid", s.SourceFacts.ServerUUID)+" on both",
		"check host and port of source and target in the configuration")
}
