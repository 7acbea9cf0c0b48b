package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"tandem/internal/config"
	"tandem/internal/mysqldb"
)

// endpoint turns an endpoint of the file into one that can be connected to.
func endpoint(side string, e config.Endpoint, lookup func(string) (string, bool)) (mysqldb.Endpoint, error) {
	network, addr, err := e.Dial()
	if err != nil {
		return mysqldb.Endpoint{}, err
	}
	encryption, err := tlsConfig(e)
	if err != nil {
		return mysqldb.Endpoint{}, fmt.Errorf("%s.tls: %w", e.Key(), err)
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

func tlsConfig(e config.Endpoint) (*tls.Config, error) {
	t := e.TLS
	if t.Mode == config.TLSOff {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if c.ServerName == "" {
		c.ServerName = serverName(e)
	}
	if t.CA != "" {
		pem, err := os.ReadFile(string(t.CA))
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(string(t.Cert), string(t.Key))
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	switch t.Mode {
	case config.TLSRequire:
		c.InsecureSkipVerify = true // encrypted, not verified: what the mode says
	case config.TLSVerifyCA:
		c.InsecureSkipVerify = true // the name is not checked; the chain is, below
		c.VerifyConnection = verifyChain(c.RootCAs)
	}
	return c, nil
}

func serverName(e config.Endpoint) string {
	_, addr, err := e.Dial()
	if err != nil {
		return ""
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "localhost"
	}
	return host
}

// verifyChain verifies a server's certificate but not its name: managed MySQL
// servers have certificates in which no address stands.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errors.New("the server showed no certificate")
		}
		opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range s.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(opts)
		return err
	}
}
