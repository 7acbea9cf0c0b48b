package cli

import (
	"context"
	"net"

	"tandem/internal/config"
	"tandem/internal/mysqldb"
)

// endpoint turns an endpoint of the file into one that can be connected to.
// Nothing is asked of anybody yet: each connection asks by itself where its server
// is, and for a password.
func (c *clouds) endpoint(side string, e config.Endpoint) (mysqldb.Endpoint, error) {
	encryption, err := e.TLSConfig()
	if err != nil {
		return mysqldb.Endpoint{}, err
	}
	network, addr := e.Dial()
	out := mysqldb.Endpoint{
		Name:    side + " " + e.String(),
		Network: network, Addr: addr, User: e.User,
		TLS: encryption, Authority: e.Authority(), Writer: e.Writer(),
	}
	means := config.Means{Lookup: c.lookup, Secret: c.secret}
	switch {
	case e.CloudSQL != nil:
		out.Tunnel = true
		out.Dial = func(ctx context.Context, _, instance string) (net.Conn, error) {
			return c.dialCloudSQL(ctx, e, instance)
		}
	case e.Aurora != nil:
		w := &writer{clouds: c, aurora: *e.Aurora}
		out.Network, out.Locate = "tcp", w.locate
		means.Token = func(ctx context.Context) (string, error) { return w.token(ctx, e.User) }
	}
	provider := e.Password.Provider(means)
	out.Password = func(ctx context.Context) (string, error) {
		secret, err := provider.Password(ctx)
		return secret.Reveal(), err
	}
	return out, nil
}
