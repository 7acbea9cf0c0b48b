package cloud

import "errors"

// What a caller decides on. Package gcp and package aws wrap them into what the
// cloud said.
var (
	// ErrNotFound says that there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrExists says that there is one already: for what is created only, such as
	// a report.
	ErrExists = errors.New("exists already")
	// ErrStale says that somebody else has changed it since it was read.
	ErrStale = errors.New("changed by somebody else meanwhile")
	// ErrDenied says that the caller's identity lacks a permission.
	ErrDenied = errors.New("permission denied")
	// ErrBusy says that another operation is under way; later it may work.
	ErrBusy = errors.New("another operation is under way")
	// ErrNoCredentials says that no identity was found at all.
	ErrNoCredentials = errors.New("no credentials")
)
