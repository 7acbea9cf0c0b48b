package preflight

import (
	"context"
	"fmt"
)

// checkTLS wants connections that leave this machine to be encrypted, to a server
// that proves who it is.
func checkTLS(ctx context.Context, _ *state, v *server) ([]Finding, error) {
	switch {
	case v.path.Local:
		return none("the server is on this machine")
	case v.path.Tunnel:
		return nil, nil // the connector does both
	}
	var name, cipher string
	if err := v.db.QueryRowContext(ctx, "SHOW SESSION STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher); err != nil {
		return nil, fmt.Errorf("ask for the session's cipher: %w", err)
	}
	switch {
	case cipher == "":
		return one(Warn, "the connection is not encrypted, and rows go over it", seen("Ssl_cipher", ""), "write tls: {mode: verify-full, ca: …} for the "+string(v.side)+" in tandem.yaml")
	case v.path.Unverified:
		return one(Warn, "the connection is encrypted, but to whoever answers: the certificate is not looked at", seen("Ssl_cipher", cipher)+", and tls.mode is require",
			"write tls: {mode: verify-full, ca: …} for the "+string(v.side)+" in tandem.yaml")
	}
	return nil, nil
}
