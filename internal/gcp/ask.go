package gcp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/api/googleapi"

	"tandem/internal/cloud"
)

// request is a call in words: for errors, and for whether it may be repeated.
type request struct {
	// what was asked of what.
	what string
	// permission is the one that is most likely missing; grant gives it.
	permission, grant string
	// again tells that it may be repeated though it may have been done.
	again bool
}

const (
	// attempts are made of a call that fails for a passing reason.
	attempts = 6
	// one attempt may take so long.
	attemptTime = time.Minute
	firstWait   = 250 * time.Millisecond
	longestWait = 15 * time.Second
)

// ask makes a call. It is repeated while the cloud throttles or, if it changes
// nothing, fails; both a bounded number of times. While another operation holds
// what it is about it is repeated for as long as the context lasts.
func ask[T any](ctx context.Context, c *Client, r request, call func(context.Context) (T, error)) (T, error) {
	var none T
	pause := pauses{}
	for failed := 0; ; {
		answer, err := attempt(ctx, call)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return none, &Error{What: r.what, Err: ended(ctx, err), lost: !r.again}
		}
		e := r.explain(err)
		if !errors.Is(e.kind, cloud.ErrBusy) {
			if failed++; failed >= attempts || !passing(r, e) {
				return none, e
			}
		}
		if werr := c.options.Wait(ctx, pause.next(e.Err)); werr != nil {
			e.Err = fmt.Errorf("%w; gave up: %w", e.Err, werr)
			return none, e
		}
	}
}

func attempt[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return call(ctx)
}

// ended says why a call was given up, with the call's own error unless that says
// no more.
func ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, cause) {
		return cause
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// passing tells whether a call that failed may work later.
func passing(r request, e *Error) bool {
	var g *googleapi.Error
	if errors.As(e.Err, &g) {
		return throttled(g) || r.again && g.Code >= http.StatusInternalServerError && g.Code != http.StatusNotImplemented
	}
	if e.kind != nil {
		return false
	}
	// No answer at all: what was not even sent may be sent again.
	return r.again || !e.lost
}

// pauses grow from one to the next.
type pauses struct{ last time.Duration }

func (p *pauses) next(err error) time.Duration {
	if p.last == 0 {
		p.last = firstWait
	} else {
		p.last = min(p.last*8/5, longestWait)
	}
	// Who throttles may say for how long.
	var g *googleapi.Error
	if errors.As(err, &g) {
		if s, e := strconv.Atoi(g.Header.Get("Retry-After")); e == nil && s > 0 {
			return max(p.last, min(time.Duration(s)*time.Second, time.Minute))
		}
	}
	return p.last
}
