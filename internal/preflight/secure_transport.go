package preflight

import "context"

// checkSecureTransport compares whether applications may come without encryption.
func checkSecureTransport(_ context.Context, s *state) ([]Finding, error) {
	from, to := s.SourceFacts.RequireSecureTransport, s.TargetFacts.RequireSecureTransport
	if i := s.on(Source).instance(); i != nil && i.SSLMode != "" && i.SSLMode != "ALLOW_UNENCRYPTED_AND_ENCRYPTED" {
		from = true
	}
	if !to || from {
		return nil, nil
	}
	return one(Warn, "the target refuses connections without TLS, which the source takes: applications that do not encrypt fail after a handover (error 3159)",
		"require_secure_transport is OFF on the source, ON on the target",
		"turn TLS on in the applications, and on the source first, to find those that do not: "+s.on(Source).set("require_secure_transport", "ON"))
}
