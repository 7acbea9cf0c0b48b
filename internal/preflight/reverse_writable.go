package preflight

import "context"

// checkSourceWritable wants a source that the reverse link can write to.
func checkSourceWritable(_ context.Context, s *state) ([]Finding, error) {
	v := s.on(Source)
	evidence := v.takesNoWrites()
	if evidence == "" {
		return nil, nil
	}
	return one(Warn, "the source takes no writes of tandem's, so the reverse link can not run, and nothing can be handed over", evidence, v.letWrite())
}
