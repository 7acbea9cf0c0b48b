package preflight

import "context"

// checkSourceVersion wants GTIDs and row images, which 5.6 brought.
func checkSourceVersion(_ context.Context, s *state) ([]Finding, error) {
	if s.SourceFacts.Version.AtLeast(5, 6, 9) {
		return nil, nil
	}
	return one(Block, "the source is too old to be streamed from",
		seen("version", s.SourceFacts.Version.Text), "upgrade the source to MySQL 5.6.9 or later")
}

// checkVersionPair wants a target that knows everything that the source has.
// A later patch release of the same series adds nothing that rows need.
func checkVersionPair(_ context.Context, s *state) ([]Finding, error) {
	from, to := s.SourceFacts.Version, s.TargetFacts.Version
	if to.AtLeast(from.Major, from.Minor, 0) {
		return nil, nil
	}
	return one(Block, "the target is older than the source, and may not know its types, collations and statements",
		"source "+from.Text+", target "+to.Text, "use a target of version "+from.Series()+" or later")
}
