package mysqldb

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// Endpoint is one MySQL server and the way to get in. Every connection asks
// Locate and Password anew: a cluster's writer moves, and cloud tokens live for
// minutes.
type Endpoint struct {
	// Name is how messages call it: "source" or "target", with the address.
	Name string
	// Network is tcp or unix, or what Dial understands; Addr host:port or the
	// socket's path.
	Network string
	Addr    string
	User    string
	// Locate, if set, returns the host:port to connect to now, in place of Addr,
	// which then only names the server in messages.
	Locate func(context.Context) (addr string, err error)
	// Password returns the password in force now; nil for none.
	Password func(context.Context) (string, error)
	// TLS is nil for a plain connection. Without a ServerName the host that is
	// connected to is expected in the certificate.
	TLS *tls.Config
	// Authority, if set, says what to do where nobody vouches for the server's
	// certificate.
	Authority string
	// Dial replaces the plain dialer, for connectors that tunnel.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Tunnel says that what Dial returns is encrypted, and that Dial has made sure
	// who is at the other end, although the protocol inside is plain.
	Tunnel bool
	// Writer refuses a server whose storage others write, with a [ReaderError]:
	// after a failover names and pools lead to the old writer for a while.
	Writer bool
}

// Secure tells whether nobody between here and the server can read what is said,
// so that a password may be said as it is.
func (e Endpoint) Secure() bool { return e.TLS != nil || e.Tunnel }

// located returns the endpoint with the address that holds now.
func (e Endpoint) located(ctx context.Context) (Endpoint, error) {
	if e.Locate != nil {
		addr, err := e.Locate(ctx)
		if err != nil {
			return e, fmt.Errorf("look up the address: %w", err)
		}
		e.Addr = addr
	}
	if e.TLS != nil && e.TLS.ServerName == "" && !e.TLS.InsecureSkipVerify {
		if host, _, err := net.SplitHostPort(e.Addr); err == nil {
			e.TLS = e.TLS.Clone()
			e.TLS.ServerName = host
		}
	}
	return e, nil
}

// keepAlive is short enough for a tunnel or a firewall not to forget the connection.
const keepAlive = 15 * time.Second

func (e Endpoint) dialer() func(ctx context.Context, network, addr string) (net.Conn, error) {
	if e.Dial != nil {
		return e.Dial
	}
	return (&net.Dialer{KeepAlive: keepAlive}).DialContext
}

// Connect dials the server at the address that holds now, for those who speak
// MySQL's protocol by themselves. The endpoint that it returns has that address
// and, where the log-in is to turn to TLS, the TLS configuration for it.
func (e Endpoint) Connect(ctx context.Context) (net.Conn, Endpoint, error) {
	at, err := e.located(ctx)
	if err != nil {
		return nil, e, err
	}
	if at.Network == "" {
		at.Network = "tcp"
	}
	conn, err := at.dialer()(ctx, at.Network, at.Addr)
	return conn, at, err
}
