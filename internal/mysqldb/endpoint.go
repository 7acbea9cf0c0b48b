package mysqldb

import (
	"context"
	"crypto/tls"
	"net"
)

// Endpoint is one MySQL server and the way to get in. Every connection asks
// Password anew, since cloud tokens live for minutes.
type Endpoint struct {
	// Name is how messages call it: "source" or "target", with the address.
	Name string
	// Network is tcp or unix, Addr host:port or the socket's path.
	Network string
	Addr    string
	User    string
	// Password returns the password in force now; nil for none.
	Password func(context.Context) (string, error)
	// TLS is nil for a plain connection.
	TLS *tls.Config
	// Dial replaces the plain dialer, for connectors that tunnel.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}
