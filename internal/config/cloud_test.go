package config

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCloudEndpoints(t *testing.T) {
	t.Parallel()
	cfg, err := Load("testdata/ok/cloud.yaml", noEnv, nil)
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Network, Addr string
		Plain, Writer bool
	}
	look := func(e Endpoint) seen {
		network, addr := e.Dial()
		encryption, err := e.TLSConfig()
		if err != nil {
			t.Fatal(err)
		}
		return seen{network, addr, encryption == nil, e.Writer()}
	}
	got := []seen{look(cfg.Source.Endpoint), look(cfg.Target)}
	want := []seen{
		// The connector encrypts; whatever tls says is not asked for a second time.
		{NetworkCloudSQL, "example-project:asia-northeast1:courier", true, false},
		{NetworkAurora, "courier-prod", false, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestWriters: a host name of Aurora's follows the writer like the cluster's name.
func TestWriters(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"courier.cluster-c1abc.ap-northeast-1.rds.amazonaws.com":    true,
		"Courier.Cluster-C1ABC.cn-north-1.rds.amazonaws.com.cn":     true,
		"courier.cluster-ro-c1abc.ap-northeast-1.rds.amazonaws.com": false,
		"one.cluster-custom-c1abc.eu-west-1.rds.amazonaws.com":      false,
		"courier-1.c1abc.ap-northeast-1.rds.amazonaws.com":          false,
		"10.0.0.1": false,
	} {
		if got := (Endpoint{Host: host}).Writer(); got != want {
			t.Errorf("%s: writer is %t", host, got)
		}
	}
}

// TestBundle: the certificates of RDS are found beside the file; without them who
// connects is told which to get.
func TestBundle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, pem, _ := certificate(t, dir, "RDS root", nil)
	cluster := Endpoint{Aurora: &Aurora{Cluster: "c", Region: "ap-northeast-1"}, TLS: TLS{Mode: TLSVerifyFull}, key: "target", dir: dir}
	trusted := func() bool {
		cfg, err := cluster.TLSConfig()
		if err != nil {
			t.Fatal(err)
		}
		if cfg.InsecureSkipVerify || cfg.RootCAs == nil {
			t.Fatal("nothing is verified")
		}
		_, err = ca.Leaf.Verify(x509.VerifyOptions{Roots: cfg.RootCAs})
		return err == nil
	}
	if trusted() {
		t.Error("an authority is trusted that nobody has named")
	}
	if hint := cluster.Authority(); !strings.Contains(hint, "global-bundle.pem") || !strings.Contains(hint, "target.tls.ca") {
		t.Errorf("the hint is %q", hint)
	}
	if err := os.Rename(pem, filepath.Join(dir, BundleFile)); err != nil {
		t.Fatal(err)
	}
	if !trusted() {
		t.Error("the bundle beside the file is not trusted")
	}
	if err := os.WriteFile(filepath.Join(dir, BundleFile), []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.TLSConfig(); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("error is %v", err)
	}
	if hint := (Endpoint{Host: "10.0.0.1"}).Authority(); hint != "" {
		t.Errorf("a plain server has the hint %q", hint)
	}
}
