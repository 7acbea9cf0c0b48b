package wire

import (
	"context"
	"errors"
	"fmt"
)

// Error is an error that the server answered with.
type Error struct {
	Code    uint16
	State   string
	Message string
	// Statement is the index of the statement that failed, where several were
	// sent at once.
	Statement int
}

// Error returns the server's text.
func (e *Error) Error() string {
	if e.Statement > 0 {
		return fmt.Sprintf("error %d (%s) in statement %d: %s", e.Code, e.State, e.Statement+1, e.Message)
	}
	return fmt.Sprintf("error %d (%s): %s", e.Code, e.State, e.Message)
}

// MySQLCode returns the server's error number.
func (e *Error) MySQLCode() uint16 { return e.Code }

// Code returns the server's error number in err's chain, or 0.
func Code(err error) uint16 {
	if coded, ok := errors.AsType[interface {
		error
		MySQLCode() uint16
	}](err); ok {
		return coded.MySQLCode()
	}
	return 0
}

// LostError says that a connection broke: nothing is known about whether the
// statement under way took effect.
type LostError struct {
	Endpoint string
	Err      error
}

// Error names the endpoint and the reason.
func (e *LostError) Error() string {
	return fmt.Sprintf("connection to %s lost: %v", e.Endpoint, e.Err)
}

// Unwrap returns the reason.
func (e *LostError) Unwrap() error { return e.Err }

// LostConnection marks the error for those who classify errors.
func (e *LostError) LostConnection() bool { return true }

// TooLargeError says that a statement is larger than the server accepts. It was
// not sent.
type TooLargeError struct {
	Endpoint string
	Size     int
	Limit    int
}

// Error says what to change.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("statement of %d bytes for %s is larger than its max_allowed_packet (%d): raise max_allowed_packet there",
		e.Size, e.Endpoint, e.Limit)
}

// cause prefers the reason that a context was cancelled with over what the
// socket said when it was closed because of it.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
