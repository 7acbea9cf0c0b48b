package config

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tandem/internal/cloud"
)

// secretKept is for how long after it was read a secret is used again while its
// store does not answer. A store that is away for a moment must not keep a link
// from connecting again; a password that was taken back must not be used for long.
const secretKept = 5 * time.Minute

// cloudTimeout bounds one question to a cloud.
const cloudTimeout = 15 * time.Second

// cloudError marks an error as one of a cloud's.
type cloudError struct{ err error }

func (e *cloudError) Error() string { return e.err.Error() }
func (e *cloudError) Unwrap() error { return e.err }

// final tells whether a cloud has answered, and the answer is no.
func final(err error) bool {
	return errors.Is(err, cloud.ErrDenied) || errors.Is(err, cloud.ErrNotFound) || errors.Is(err, cloud.ErrNoCredentials)
}

// storedPassword reads a secret at every connect. It keeps the last one, for
// [secretKept], for when the store does not answer.
type storedPassword struct {
	key, reference string
	read           func(context.Context, string) (string, error)
	now            func() time.Time

	mu   sync.Mutex
	last Secret
	at   time.Time // when the last one was read, zero before
}

func (p *storedPassword) Password(ctx context.Context) (Secret, error) {
	if p.read == nil {
		return Secret{}, &PasswordError{p.key, errors.New("the clouds' secret stores are not at hand here")}
	}
	asked := p.time()
	within, cancel := context.WithTimeout(ctx, cloudTimeout)
	defer cancel()
	text, err := p.read(within, p.reference)
	if err == nil {
		var s Secret
		if s, err = oneLine(p.key, "secret "+p.reference, text); err != nil {
			return Secret{}, err
		}
		p.keep(s, asked)
		return s, nil
	}
	if !final(err) && ctx.Err() == nil {
		if s, ok := p.kept(); ok {
			return s, nil
		}
	}
	return Secret{}, &PasswordError{p.key, &cloudError{fmt.Errorf("read the secret %s: %w", p.reference, err)}}
}

func (p *storedPassword) time() time.Time {
	if p.now != nil {
		return p.now()
	}
	return time.Now()
}

// keep takes a secret for the newest, unless one was asked for later.
func (p *storedPassword) keep(s Secret, asked time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if asked.After(p.at) {
		p.last, p.at = s, asked
	}
}

func (p *storedPassword) kept() (Secret, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, !p.at.IsZero() && p.time().Sub(p.at) < secretKept
}

// tokenPassword is made anew at every connect: it is worth nothing a quarter of an
// hour later, and making one asks nobody but the holder of the credentials.
type tokenPassword struct {
	key   string
	token func(context.Context) (string, error)
}

func (p tokenPassword) Password(ctx context.Context) (Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, cloudTimeout)
	defer cancel()
	text, err := p.token(ctx)
	if err != nil {
		return Secret{}, &PasswordError{p.key, &cloudError{fmt.Errorf("make a token of IAM: %w", err)}}
	}
	return NewSecret(text), nil
}
