package gcp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem/internal/cloud"
	"tandem/internal/gcp"
	"tandem/internal/gcp/gcpfake"
)

// refused fails the test unless err is of that kind and says that.
func refused(t *testing.T, err, kind error, text string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("%v\nis not %q", err, kind)
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("%v\ndoes not say %q", err, text)
	}
}

func TestConnectionNamesAreTakenApart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, project, region, instance string }{
		{"shop:europe-west1:orders", "shop", "europe-west1", "orders"},
		{"example.com:shop:europe-west1:orders", "example.com:shop", "europe-west1", "orders"},
		{"orders", "", "", ""},
		{"shop:orders", "", "", ""},
		{"shop::orders", "", "", ""},
		{"a:b:c:d:e", "", "", ""},
		{"shop:europe-west1:or/ders", "", "", ""},
		{"", "", "", ""},
	} {
		p, r, i, err := gcp.ParseInstance(test.name)
		if p != test.project || r != test.region || i != test.instance || (err == nil) != (test.project != "") {
			t.Errorf("%q: %q %q %q, %v", test.name, p, r, i, err)
		}
	}
}

func TestNothingIsAskedBeforeSomebodyNeedsAnAnswer(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	c := s.Client(t)
	_, _, _, _ = c.DNS(), c.Store(), c.Secrets(), c.Backups(orders)
	dialer(t, c, gcp.DialOptions{})
	if calls := s.Calls(); len(calls) > 0 {
		t.Errorf("asked %v", calls)
	}
}

// What signs in with a key that is no longer good is told so, and does not wait.
func TestCredentialsThatAreRefusedAreToldFromMissingPermissions(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`)
	}))
	t.Cleanup(refusing.Close)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "shop", "client_email": "tandem@shop.example", "private_key_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": refusing.URL,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	s := gcpfake.New(t)
	s.Instance(orders, "")
	o := s.Options()
	o.Anonymous = false
	c, err := gcp.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, err = c.Instance(t.Context(), orders)
	refused(t, err, cloud.ErrNoCredentials, "read instance "+orders+": no credentials")
	if strings.Contains(err.Error(), "PRIVATE KEY") {
		t.Errorf("the key is told: %v", err)
	}
	if n := len(s.Calls()); n > 0 {
		t.Errorf("%d calls without a token", n)
	}
}

// Without credentials the error says so, and says what to type.
func TestWithoutCredentialsTheErrorSaysHowToGetSome(t *testing.T) {
	for _, v := range []string{"HOME", "CLOUDSDK_CONFIG"} {
		t.Setenv(v, t.TempDir())
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
	c, err := gcp.New(t.Context(), gcp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Instance(t.Context(), orders)
	refused(t, err, cloud.ErrNoCredentials, "find credentials for Google Cloud")
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) || !strings.Contains(hint.Hint(), "gcloud auth application-default login") {
		t.Errorf("the hint of %v does not help", err)
	}
}
