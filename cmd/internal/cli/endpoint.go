package cli

import (
	"context"

	"tandem/internal/config"
	"tandem/internal/mysqldb"
)

// endpoint turns an endpoint of the file into one that can be connected to.
func endpoint(side string, e config.Endpoint, lookup func(string) (string, bool)) (mysqldb.Endpoint, error) {
	network, addr, err := e.Dial()
	if err != nil {
		return mysqldb.Endpoint{}, err
	}
	encryption, err := e.TLSConfig()
	if err != nil {
		return mysqldb.Endpoint{}, err
	}
	provider := e.Password.Provider(lookup)
	return mysqldb.Endpoint{
		Name:    side + " " + e.String(),
		Network: network, Addr: addr, User: e.User, TLS: encryption,
		Password: func(ctx context.Context) (string, error) {
			secret, err := provider.Password(ctx)
			return secret.Reveal(), err
		},
	}, nil
}
