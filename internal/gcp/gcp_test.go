package gcp_test

import (
	"errors"
	"strings"
	"testing"

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
	refused(t, err, nil, "find credentials for Google Cloud")
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) || !strings.Contains(hint.Hint(), "gcloud auth application-default login") {
		t.Errorf("the hint of %v does not help", err)
	}
}
