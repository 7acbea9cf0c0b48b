package preflight

import "context"

// checkLocalInfile likes LOAD DATA, the fastest way to write rows in bulk.
func checkLocalInfile(_ context.Context, s *state) ([]Finding, error) {
	f := &s.TargetFacts
	if f.LocalInfile {
		return nil, nil
	}
	return one(Warn, "the copy can not use LOAD DATA on the target and is slower with INSERT",
		seen("local_infile", "OFF"), s.on(Target).set("local_infile", "ON")+" for as long as the copy takes")
}
