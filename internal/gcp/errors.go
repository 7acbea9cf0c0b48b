package gcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"cloud.google.com/go/auth"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"

	"tandem/internal/cloud"
)

// Error is what Google Cloud answered to what was asked.
type Error struct {
	// What was asked of what: read instance p:r:i.
	What string
	// Permission is what the identity needs for it.
	Permission string
	// Grant is the command that would give it, in which MEMBER is to be filled in.
	Grant string
	// Reason is the cloud's own word for it, such as notAuthorized.
	Reason string
	// Err is the answer, or what kept one from coming.
	Err error

	// kind is one of cloud.Err…, nil for others.
	kind error
	// lost tells that it may have been done, though no answer said so.
	lost bool
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.What)
	if e.kind != nil {
		b.WriteString(": " + e.kind.Error())
	}
	if errors.Is(e.kind, cloud.ErrDenied) && e.Permission != "" {
		b.WriteString(" (" + e.Permission + " is needed)")
	}
	var g *googleapi.Error
	if !errors.As(e.Err, &g) {
		return b.String() + ": " + e.Err.Error()
	}
	// The message alone: the rest of the answer's body is for machines.
	message := strings.TrimSuffix(strings.TrimSpace(g.Message), ".")
	if message == "" {
		message = http.StatusText(g.Code)
	}
	fmt.Fprintf(&b, ": %s (HTTP %d", message, g.Code)
	if e.Reason != "" {
		b.WriteString(" " + e.Reason)
	}
	b.WriteString(")")
	return b.String()
}

// Unwrap gives both what a caller decides on and what the cloud said.
func (e *Error) Unwrap() []error {
	if e.kind == nil {
		return []error{e.Err}
	}
	return []error{e.kind, e.Err}
}

// Hint says what to type next.
func (e *Error) Hint() string {
	switch {
	case errors.Is(e.kind, cloud.ErrNoCredentials):
		return "gcloud auth application-default login; for a service, GOOGLE_APPLICATION_CREDENTIALS names its key file"
	case e.Reason == "accessNotConfigured" || e.Reason == "SERVICE_DISABLED":
		return "the API is not enabled in the project: gcloud services enable sqladmin.googleapis.com secretmanager.googleapis.com dns.googleapis.com"
	case errors.Is(e.kind, cloud.ErrDenied) && e.Grant != "":
		hint := e.Grant + "   (or the custom role in deploy/iam; it takes a minute to hold)"
		if e.Reason == "notAuthorized" {
			// Cloud SQL does not tell strangers what there is.
			hint += "; the same is said of an instance that does not exist: look at its name, too"
		}
		return hint
	case errors.Is(e.kind, cloud.ErrDenied):
		return "the identity is the one of gcloud auth application-default print-access-token; deploy/iam has the role that tandem needs"
	default:
		return ""
	}
}

// lost tells whether what was asked may have been done though no answer came.
func lost(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.lost
}

// explain turns what an SDK returned into an Error.
func (r request) explain(err error) *Error {
	e := &Error{What: r.what, Permission: r.permission, Grant: r.grant, Err: err}
	var already *Error
	if errors.As(err, &already) {
		e.kind, e.Reason, e.Err = already.kind, already.Reason, already.Err
		return e
	}
	var g *googleapi.Error
	if !errors.As(err, &g) {
		if noIdentity(err) {
			// Nothing was asked. Where tokens are given is out of order, or takes none.
			var token *auth.Error
			if !errors.As(err, &token) || !token.Temporary() {
				e.kind = cloud.ErrNoCredentials
			}
			return e
		}
		// Whoever could not even dial has asked nothing.
		var op *net.OpError
		e.lost = !errors.Is(err, context.Canceled) && (!errors.As(err, &op) || op.Op != "dial")
		return e
	}
	e.Reason = reason(g)
	e.lost = g.Code >= http.StatusInternalServerError
	switch {
	case throttled(g):
	case g.Code == http.StatusUnauthorized:
		e.kind = cloud.ErrNoCredentials
	case g.Code == http.StatusForbidden:
		e.kind = cloud.ErrDenied
	case g.Code == http.StatusNotFound:
		e.kind = cloud.ErrNotFound
	case g.Code == http.StatusConflict && e.Reason == "operationInProgress":
		e.kind = cloud.ErrBusy
	case g.Code == http.StatusConflict:
		e.kind = cloud.ErrExists
	case g.Code == http.StatusPreconditionFailed:
		e.kind = cloud.ErrStale
	}
	return e
}

// reason is the cloud's own word for what went wrong.
func reason(g *googleapi.Error) string {
	for _, item := range g.Errors {
		if item.Reason != "" {
			return item.Reason
		}
	}
	for _, d := range g.Details {
		if m, ok := d.(map[string]any); ok {
			if s, ok := m["reason"].(string); ok {
				return s
			}
		}
	}
	return ""
}

// throttled tells that the cloud took too many calls and did nothing; some of its
// APIs say so with 403.
func throttled(g *googleapi.Error) bool {
	switch reason(g) {
	case "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED":
		return true
	}
	return g.Code == http.StatusTooManyRequests
}

// noIdentity tells that a request was not sent, for want of a token.
func noIdentity(err error) bool {
	var token *auth.Error
	var retrieve *oauth2.RetrieveError
	return errors.As(err, &token) || errors.As(err, &retrieve) ||
		strings.Contains(err.Error(), "could not find default credentials")
}
