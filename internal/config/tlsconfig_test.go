package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate makes a certificate for a name, signed by parent or by itself,
// and writes it and its key into dir.
func certificate(t *testing.T, dir, name string, parent *tls.Certificate) (cert tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: parent == nil, BasicConstraintsValid: true,
	}
	signer, signerKey := template, any(key)
	if parent != nil {
		signer, signerKey = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, &key.PublicKey, signerKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err = tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return cert, certFile, keyFile
}

// TestTLSModes shakes hands with a real server in every mode.
func TestTLSModes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, caFile, _ := certificate(t, dir, "ca", nil)
	_, otherCA, _ := certificate(t, dir, "other", nil)
	server, _, _ := certificate(t, dir, "db.example.com", &ca)
	_, clientFile, clientKey := certificate(t, dir, "client", &ca)

	for name, c := range map[string]struct {
		tls  TLS
		host string
		want string // part of the error, or "" for a connection
	}{
		"verify-full":               {TLS{Mode: TLSVerifyFull, CA: Path(caFile)}, "db.example.com", ""},
		"verify-full, wrong name":   {TLS{Mode: TLSVerifyFull, CA: Path(caFile)}, "10.0.0.1", "10.0.0.1"},
		"verify-full, given name":   {TLS{Mode: TLSVerifyFull, CA: Path(caFile), ServerName: "db.example.com"}, "10.0.0.1", ""},
		"verify-full, wrong ca":     {TLS{Mode: TLSVerifyFull, CA: Path(otherCA)}, "db.example.com", "certificate"},
		"verify-full, system's ca":  {TLS{Mode: TLSVerifyFull}, "db.example.com", "certificate"},
		"verify-ca":                 {TLS{Mode: TLSVerifyCA, CA: Path(caFile)}, "db.example.com", ""},
		"verify-ca, wrong name":     {TLS{Mode: TLSVerifyCA, CA: Path(caFile)}, "10.0.0.1", ""},
		"verify-ca, wrong ca":       {TLS{Mode: TLSVerifyCA, CA: Path(otherCA)}, "db.example.com", "certificate"},
		"require":                   {TLS{Mode: TLSRequire}, "10.0.0.1", ""},
		"with a client certificate": {TLS{Mode: TLSVerifyFull, CA: Path(caFile), Cert: Path(clientFile), Key: Path(clientKey)}, "db.example.com", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := Endpoint{Host: c.host, TLS: c.tls}.TLSConfig()
			if err != nil {
				t.Fatal(err)
			}
			listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{server}})
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				if conn, err := listener.Accept(); err == nil {
					_ = conn.(*tls.Conn).HandshakeContext(t.Context())
					conn.Close()
				}
			}()
			near, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer near.Close()
			err = tls.Client(near, cfg).HandshakeContext(t.Context())
			switch {
			case c.want == "" && err != nil:
				t.Errorf("handshake: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("handshake: %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestTLSOff(t *testing.T) {
	t.Parallel()
	if cfg, err := (Endpoint{Host: "h", TLS: TLS{Mode: TLSOff}}).TLSConfig(); cfg != nil || err != nil {
		t.Errorf("got %v, %v", cfg, err)
	}
}

func TestTLSFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.pem")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]TLS{
		"target.tls.ca: read the certificates":  {Mode: TLSVerifyFull, CA: Path(filepath.Join(dir, "nope"))},
		"holds no certificate":                  {Mode: TLSVerifyFull, CA: Path(text)},
		"target.tls.cert: read the certificate": {Mode: TLSVerifyFull, Cert: Path(text), Key: Path(text)},
	} {
		_, err := Endpoint{Host: "h", TLS: c, key: "target"}.TLSConfig()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
		if strings.Contains(want, "read the certificates") && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v is not os.ErrNotExist", err)
		}
	}
}
