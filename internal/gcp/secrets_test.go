package gcp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tandem/internal/cloud"
	"tandem/internal/gcp/gcpfake"
)

func TestSecretsAreReadAsOfNow(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Secret("projects/shop/secrets/password", "first")
	secrets := s.Client(t).Secrets()
	read := func(reference, want string) {
		t.Helper()
		if got, err := secrets.Read(t.Context(), reference); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", reference, got, err, want)
		}
	}
	read("gcp://projects/shop/secrets/password", "first")
	s.Secret("projects/shop/secrets/password", "second\n\x00é")
	read("gcp://projects/shop/secrets/password", "second\n\x00é")
	read("gcp://projects/shop/secrets/password/versions/1", "first")
	read("gcp://projects/shop/secrets/password/versions/latest", "second\n\x00é")
}

func TestSecretsErrorsNameTheReferenceAndNeverTheSecret(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Secret("projects/shop/secrets/password", "hunter2")
	secrets := s.Client(t).Secrets()
	for _, reference := range []string{
		"", "gcp://", "gcp://password", "aws://projects/shop/secrets/password", "gcp://projects/shop/secret/password",
		"gcp://projects//secrets/password", "gcp://projects/shop/secrets/password/versions", "gcp://projects/shop/secrets/password#key",
	} {
		_, err := secrets.Read(t.Context(), reference)
		refused(t, err, nil, "want gcp://projects/PROJECT/secrets/NAME")
	}
	if n := len(s.Calls()); n > 0 {
		t.Errorf("%d calls for references that are none", n)
	}
	_, err := secrets.Read(t.Context(), "gcp://projects/shop/secrets/other")
	refused(t, err, cloud.ErrNotFound, "gcp://projects/shop/secrets/other")
	for _, f := range []gcpfake.Fault{{Status: 403, Reason: "x", After: true}, {Status: 0, After: true, Times: -1}, {Status: 500, After: true, Times: -1}} {
		f.API = "secretmanager.versions.access"
		s.Heal()
		s.Fail(f)
		_, err := secrets.Read(t.Context(), "gcp://projects/shop/secrets/password")
		refused(t, err, nil, "gcp://projects/shop/secrets/password")
		if strings.Contains(err.Error(), "hunter2") || strings.Contains(fmt.Sprintf("%+v", err), "hunter2") {
			t.Errorf("told: %v", err)
		}
	}
}

func TestPermissionsTellsWhichOfAnyNumberAreThere(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	var all []string
	for n := range 150 {
		all = append(all, fmt.Sprintf("service.things.verb%d", n))
	}
	s.Deny(all[7], all[120])
	got, err := s.Client(t).Permissions(t.Context(), "shop", all)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == all[7] || p == all[120] })
	if !slices.Equal(got, want) {
		t.Errorf("%d of %d", len(got), len(want))
	}
}
