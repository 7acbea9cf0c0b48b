package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLSConfig makes what a driver needs to connect to the endpoint; nil means
// that the connection is plain, or that the connector of Cloud SQL sees to it: it
// brings TLS of its own, with the instance's own authority and a certificate for
// tandem, and the server sees a plain connection behind it. Files are read now, so
// that renewed certificates are seen by the next process at the latest.
//
// A cluster's name has no host yet: there whoever dials sets the ServerName.
func (e Endpoint) TLSConfig() (*tls.Config, error) {
	t := e.TLS
	if t.Mode == TLSOff || e.CloudSQL != nil {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if cfg.ServerName == "" {
		cfg.ServerName = e.Host
	}
	if cfg.ServerName == "" && e.Socket != "" {
		cfg.ServerName = "localhost" // a socket has no name of its own
	}
	switch {
	case t.CA == "" && e.managed() && t.Mode != TLSRequire:
		roots, err := e.bundles()
		if err != nil {
			return nil, err
		}
		cfg.RootCAs = roots
	case t.CA != "":
		data, err := os.ReadFile(string(t.CA))
		if err != nil {
			return nil, fmt.Errorf("%s.tls.ca: read the certificates: %w", e.key, err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(data) {
			return nil, hinted(fmt.Errorf("%s.tls.ca: %s holds no certificate", e.key, t.CA), "it must be PEM, as the clouds' consoles give it")
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(string(t.Cert), string(t.Key))
		if err != nil {
			return nil, fmt.Errorf("%s.tls.cert: read the certificate and its key: %w", e.key, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	switch t.Mode {
	case TLSRequire:
		cfg.InsecureSkipVerify = true // that is what the mode means; it is never the default
	case TLSVerifyCA:
		// The certificates of managed servers often name no address. The
		// library checks chain and name together or not at all, so the chain
		// is checked here.
		cfg.InsecureSkipVerify = true
		roots := cfg.RootCAs
		cfg.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, roots) }
	}
	return cfg, nil
}

func verifyChain(state tls.ConnectionState, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the server sent no certificate")
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}
