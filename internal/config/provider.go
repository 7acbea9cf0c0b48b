package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Provider gives the password of a server. It is asked again at every connect,
// because passwords are rotated and tokens of the clouds live for minutes.
type Provider interface {
	Password(ctx context.Context) (Secret, error)
}

// commandTimeout bounds a password command. One that waits for a person would
// otherwise hold up a reconnect in the middle of the night for ever.
const commandTimeout = 30 * time.Second

// Means are what passwords are had with, beside files and programs. The clouds'
// are functions, so that this package knows nothing of their SDKs, and nothing of
// them is made before a password asks for it.
type Means struct {
	// Lookup finds environment variables, as os.LookupEnv does.
	Lookup func(string) (string, bool)
	// Secret reads what a gcp:// or aws:// reference names, as of now.
	Secret func(ctx context.Context, reference string) (string, error)
	// Token makes a token of the cloud's for this server and user. It is nil where
	// who dials brings it, as the connector of Cloud SQL does.
	Token func(ctx context.Context) (string, error)
	// Now is time.Now, unless a test has another.
	Now func() time.Time
}

// Provider returns what the key names.
func (p Password) Provider(m Means) Provider {
	switch {
	case p.Env != "":
		return envPassword{key: p.key, name: p.Env, lookup: m.Lookup}
	case p.File != "":
		return filePassword{key: p.key, path: string(p.File)}
	case len(p.Command) > 0:
		return commandPassword{key: p.key, argv: p.Command}
	case p.Secret != "":
		return &storedPassword{key: p.key, reference: p.Secret, read: m.Secret, now: m.Now}
	case p.IAM && m.Token != nil:
		return tokenPassword{key: p.key, token: m.Token}
	default:
		return noPassword{}
	}
}

// PasswordError says that a password could not be had; no log-in was tried.
type PasswordError struct {
	Key string // such as source.password
	Err error
}

// Error implements error.
func (e *PasswordError) Error() string { return e.Key + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *PasswordError) Unwrap() error { return e.Err }

// Passing tells whether asking again in a moment may go well: a cloud did not
// answer. What it answers, that there is no such secret or no right to it, and what
// files and programs say, is for a person.
func (e *PasswordError) Passing() bool {
	_, cloud := errors.AsType[*cloudError](e.Err)
	return cloud && !final(e.Err)
}

type noPassword struct{}

func (noPassword) Password(context.Context) (Secret, error) { return NewSecret(""), nil }

type envPassword struct {
	key, name string
	lookup    func(string) (string, bool)
}

func (p envPassword) Password(context.Context) (Secret, error) {
	value, ok := p.lookup(p.name)
	if !ok {
		return Secret{}, &PasswordError{p.key, hinted(fmt.Errorf("the environment variable %s is not set", p.name),
			fmt.Sprintf("set %s before you start tandem", p.name))}
	}
	return NewSecret(value), nil
}

type filePassword struct{ key, path string }

func (p filePassword) Password(context.Context) (Secret, error) {
	data, err := os.ReadFile(p.path)
	if err != nil {
		return Secret{}, &PasswordError{p.key, fmt.Errorf("read the password file: %w", err)}
	}
	return oneLine(p.key, "file "+p.path, string(data))
}

type commandPassword struct {
	key  string
	argv []string
}

func (p commandPassword) Password(ctx context.Context) (Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
	cmd.WaitDelay = time.Second
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		// What the program says to people is passed on; what it prints is not.
		said := strings.TrimSpace(stderr.String())
		if len(said) > 300 {
			said = said[:300] + "…"
		}
		if said != "" {
			return Secret{}, &PasswordError{p.key, fmt.Errorf("run %s: %w: %s", p.argv[0], err, said)}
		}
		return Secret{}, &PasswordError{p.key, fmt.Errorf("run %s: %w", p.argv[0], err)}
	}
	return oneLine(p.key, "output of "+p.argv[0], stdout.String())
}

var errSeveralLines = errors.New("has more than one line")

// oneLine takes the line end off. More lines would be a certificate or a whole
// JSON document, which no server accepts and no message should hint at.
func oneLine(key, what, text string) (Secret, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if text == "" {
		return Secret{}, &PasswordError{key, fmt.Errorf("the %s is empty", what)}
	}
	if strings.ContainsAny(text, "\r\n") {
		return Secret{}, &PasswordError{key, hinted(fmt.Errorf("the %s %w", what, errSeveralLines), "it must hold the password and nothing else")}
	}
	return NewSecret(text), nil
}
