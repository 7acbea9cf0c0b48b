package config

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tandem/internal/cloud"
)

// store answers what a test puts in.
type store struct {
	value string
	err   error
	asked []string
	now   time.Time
}

func (s *store) means() Means {
	return Means{Now: func() time.Time { return s.now }, Secret: func(_ context.Context, reference string) (string, error) {
		s.asked = append(s.asked, reference)
		return s.value, s.err
	}}
}

// TestStoredSecrets walks through the life of a secret: read at every connect,
// rotated, its store away for a moment, and for too long.
func TestStoredSecrets(t *testing.T) {
	t.Parallel()
	const reference = "gcp://projects/example-project/secrets/tandem"
	away := fmt.Errorf("secret manager: %w", errors.New("503"))
	s := &store{now: time.Unix(1e9, 0)}
	p := Password{Secret: reference, key: "source.password"}.Provider(s.means())
	for _, step := range []struct {
		name    string
		value   string
		err     error
		after   time.Duration
		want    string
		wantErr string
		passing bool
	}{
		{name: "away before anything was read", err: away, wantErr: "source.password: read the secret " + reference + ": secret manager: 503", passing: true},
		{name: "read", value: "first\n", want: "first"},
		{name: "rotated", value: "second", after: time.Second, want: "second"},
		{name: "away", err: away, after: secretKept - time.Second, want: "second"},
		{name: "away for too long", err: away, after: time.Second, wantErr: "503", passing: true},
		{name: "back", value: "third", want: "third", after: time.Hour},
		{name: "the right is taken back", err: fmt.Errorf("secret manager: %w", cloud.ErrDenied), wantErr: "permission denied"},
		{name: "gone", err: cloud.ErrNotFound, wantErr: "not found"},
		{name: "nobody to ask as", err: cloud.ErrNoCredentials, wantErr: "no credentials"},
		{name: "empty", value: "", wantErr: "is empty"},
		{name: "a document", value: "{\n\"hunter2\": 1\n}", wantErr: "has more than one line"},
	} {
		s.value, s.err, s.now = step.value, step.err, s.now.Add(step.after)
		asked := len(s.asked)
		got, err := p.Password(t.Context())
		if len(s.asked) != asked+1 || s.asked[asked] != reference {
			t.Errorf("%s: the store was asked for %q", step.name, s.asked[asked:])
		}
		if step.wantErr == "" {
			if err != nil || got.Reveal() != step.want {
				t.Errorf("%s: got %q, %v; want %q", step.name, got.Reveal(), err, step.want)
			}
			continue
		}
		var failed *PasswordError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), step.wantErr) || got.Reveal() != "" {
			t.Errorf("%s: got %q, %v; want %q", step.name, got.Reveal(), err, step.wantErr)
			continue
		}
		if failed.Passing() != step.passing {
			t.Errorf("%s: passing is %t", step.name, failed.Passing())
		}
		if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "third") {
			t.Errorf("%s: the secret is shown: %v", step.name, err)
		}
	}
}

// TestSecretKeepsTheNewest: a slow answer does not take the place of a later one.
func TestSecretKeepsTheNewest(t *testing.T) {
	t.Parallel()
	var p storedPassword
	p.keep(NewSecret("new"), time.Unix(20, 0))
	p.keep(NewSecret("old"), time.Unix(10, 0))
	if p.last.Reveal() != "new" {
		t.Error("an older value has taken the place of a newer one")
	}
}

func TestTokensAreMadeAnew(t *testing.T) {
	t.Parallel()
	made := 0
	var fail error
	p := Password{IAM: true, key: "target.password"}.Provider(Means{Token: func(context.Context) (string, error) {
		made++
		return fmt.Sprint("token ", made), fail
	}})
	for _, want := range []string{"token 1", "token 2"} {
		if got, err := p.Password(t.Context()); err != nil || got.Reveal() != want {
			t.Errorf("got %q, %v; want %q", got.Reveal(), err, want)
		}
	}
	fail = errors.New("away")
	var failed *PasswordError
	if got, err := p.Password(t.Context()); !errors.As(err, &failed) || !failed.Passing() || got.Reveal() != "" {
		t.Errorf("got %q, %v; nothing is kept of tokens", got.Reveal(), err)
	}
	// The connector of Cloud SQL brings the token by itself.
	if got, err := (Password{IAM: true}).Provider(Means{}).Password(t.Context()); err != nil || got.Reveal() != "" {
		t.Errorf("got %q, %v; want an empty password", got.Reveal(), err)
	}
}

func TestPassing(t *testing.T) {
	t.Parallel()
	file := &PasswordError{"source.password", errors.New("no such file")}
	if file.Passing() {
		t.Error("a file that is not there is taken for something that passes")
	}
}
