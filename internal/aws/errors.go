package aws

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"tandem/internal/cloud"
)

// Error is what an API answered, or that it did not.
type Error struct {
	// Op is what was asked of what, such as "read cluster courier in eu-west-1".
	Op string
	// Action is the IAM action that it needs, Resource what it needs it on.
	Action, Resource string
	// Code is the API's word, empty where no answer came.
	Code string
	// Kind is one of package cloud's errors, or nil.
	Kind error
	// Err is what the SDK said.
	Err error

	reason string
	passes bool
}

// Error implements error.
func (e *Error) Error() string { return e.Op + ": " + e.reason }

// Unwrap gives both the kind and what the SDK said.
func (e *Error) Unwrap() []error {
	if e.Kind == nil {
		return []error{e.Err}
	}
	return []error{e.Kind, e.Err}
}

// Hint says what to do.
func (e *Error) Hint() string {
	switch {
	case errors.Is(e.Kind, cloud.ErrNoCredentials):
		return "log in (aws sso login), set AWS_PROFILE, or run it where the machine has a role; aws sts get-caller-identity tells who one is"
	case badIdentity(e.Code):
		return "the AWS credentials in use have expired or are not known there; log in again, and see what aws sts get-caller-identity says"
	case errors.Is(e.Kind, cloud.ErrDenied) && strings.Contains(e.reason, "KMS"):
		return "the key that encrypts it is to be used, too: " + statement("kms:Decrypt", "")
	case errors.Is(e.Kind, cloud.ErrDenied):
		return "add to the policy of the identity that tandem uses: " + statement(e.Action, e.Resource)
	}
	return ""
}

// statement is one of an IAM policy.
func statement(action, resource string) string {
	if resource == "" {
		resource = "*"
	}
	return fmt.Sprintf(`{"Effect": "Allow", "Action": %q, "Resource": %q}`, action, resource)
}

// request is a call as errors tell of it.
type request struct{ op, action, resource string }

// fail makes an error of what the SDK said to a request; nil stays nil.
func (r request) fail(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", r.op, context.Cause(ctx))
	}
	e := &Error{Op: r.op, Action: r.action, Resource: r.resource, Err: err}
	var (
		api      smithy.APIError
		noCreds  *credentialsError
		response *awshttp.ResponseError
		send     *url.Error
	)
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	switch {
	case errors.As(err, &noCreds):
		e.Kind, e.reason = cloud.ErrNoCredentials, "no AWS credentials: "+noCreds.Error()
	case errors.As(err, &api):
		e.Code = api.ErrorCode()
		e.Kind = kindOf(e.Code, status)
		e.reason = e.Code
		if message := strings.TrimSpace(api.ErrorMessage()); message != "" && message != e.Code {
			e.reason = message + " (" + e.Code + ")"
		}
		_, throttled := retry.DefaultThrottleErrorCodes[e.Code]
		e.passes = throttled || status >= 500
	case errors.As(err, &send):
		e.reason, e.passes = "no answer from "+hostOf(send.URL)+": "+send.Err.Error(), true
	default:
		e.reason, e.passes = err.Error(), response != nil
	}
	return e
}

// answered makes an error of an answer that is not what was hoped for.
func (r request) answered(kind error, format string, args ...any) error {
	reason := fmt.Sprintf(format, args...)
	return &Error{Op: r.op, Action: r.action, Resource: r.resource, Kind: kind, Err: errors.New(reason), reason: reason}
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "AWS"
}

// kindOf tells what a caller decides on from the many words that the APIs have.
func kindOf(code string, status int) error {
	switch code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "KMSKeyNotAccessibleFault", "DecryptionFailure":
		return cloud.ErrDenied
	case "NoSuchBucket", "NoSuchKey", "NoSuchHostedZone", "NoSuchChange", "NotFound", "ResourceNotFoundException":
		return cloud.ErrNotFound
	case "PreconditionFailed":
		return cloud.ErrExists
	case "ConditionalRequestConflict", "PriorRequestNotComplete":
		return cloud.ErrBusy
	}
	trimmed := strings.TrimSuffix(code, "Fault")
	switch {
	case badIdentity(code):
		return cloud.ErrDenied
	case strings.HasSuffix(trimmed, "NotFound"):
		return cloud.ErrNotFound
	case strings.HasSuffix(trimmed, "AlreadyExists"):
		return cloud.ErrExists
	case strings.HasPrefix(code, "Invalid") && strings.HasSuffix(trimmed, "State"):
		return cloud.ErrBusy
	case status == 404:
		return cloud.ErrNotFound
	case status == 412:
		return cloud.ErrExists
	case status == 403:
		return cloud.ErrDenied
	}
	return nil
}

// badIdentity tells that it is not a permission that is missing: the cloud does not
// take the caller for anybody.
func badIdentity(code string) bool {
	switch code {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "InvalidAccessKeyId", "AuthFailure":
		return true
	}
	return false
}

// temporary tells whether the same call may work in a minute.
func temporary(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.passes
}
