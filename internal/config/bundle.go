package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// BundleFile is the name under which AWS gives away the certificates of the
// authorities that sign those of RDS and Aurora. No system trusts them by itself.
const BundleFile = "global-bundle.pem"

// bundlePlaces are where the bundle is looked for if tls.ca does not name it.
func (e Endpoint) bundlePlaces() []string {
	return []string{
		filepath.Join(e.dir, BundleFile),
		"/etc/ssl/certs/" + BundleFile,
		"/etc/pki/tls/certs/" + BundleFile,
	}
}

// bundles returns the system's certificates, among which somebody may have put
// those of RDS, and those of the first bundle that there is. None is no error: who
// connects learns it, with [Endpoint.Authority].
func (e Endpoint) bundles() (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a container without any
	}
	for _, place := range e.bundlePlaces() {
		data, err := os.ReadFile(place)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("%s.tls: read the certificates of RDS: %w", e.key, err)
		case !roots.AppendCertsFromPEM(data):
			return nil, hinted(fmt.Errorf("%s.tls: %s holds no certificate", e.key, place), "it must be PEM, as AWS gives it; or name another with tls.ca")
		}
		break
	}
	return roots, nil
}

// Authority says what to do where nobody vouches for the server's certificate;
// empty where there is nothing special to say.
func (e Endpoint) Authority() string {
	if !e.managed() {
		return ""
	}
	if e.TLS.CA != "" {
		return fmt.Sprintf("%s does not vouch for the server: download %s, to which the user guides of Amazon RDS and Aurora lead under SSL/TLS, and name it as %s.tls.ca", e.TLS.CA, BundleFile, e.key)
	}
	return fmt.Sprintf("RDS has authorities of its own: download %s, to which the user guides of Amazon RDS and Aurora lead under SSL/TLS, and put it beside tandem.yaml, or name it as %s.tls.ca", BundleFile, e.key)
}
