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

// Provider returns what the key names. lookup finds environment variables, as
// os.LookupEnv does.
func (p Password) Provider(lookup func(string) (string, bool)) Provider {
	switch {
	case p.Env != "":
		return envPassword{key: p.key, name: p.Env, lookup: lookup}
	case p.File != "":
		return filePassword{key: p.key, path: string(p.File)}
	case len(p.Command) > 0:
		return commandPassword{key: p.key, argv: p.Command}
	case p.Secret != "":
		return unbuiltPassword{&NotBuilt{What: "reading passwords from the clouds' secret stores", Key: p.key + ".secret",
			Instead: "until then let the cloud's own tool print it: password: {command: [gcloud, secrets, versions, access, …]}"}}
	case p.IAM:
		return unbuiltPassword{&NotBuilt{What: "logging in with IAM", Key: p.key + ".iam",
			Instead: "until then write password: {env: …}, {file: …} or {command: […]}"}}
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

type noPassword struct{}

func (noPassword) Password(context.Context) (Secret, error) { return NewSecret(""), nil }

type unbuiltPassword struct{ err error }

func (p unbuiltPassword) Password(context.Context) (Secret, error) { return Secret{}, p.err }

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
