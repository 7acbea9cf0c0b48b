package bank

import (
	"context"
	"errors"

	"tandem/internal/guard"
	"tandem/internal/sandbox/courier"
)

// Class is what an error of the database means to the application.
type Class string

// The classes. A deadlock is met by every application now and then, with
// handovers and without: it is tried again where it was, and is not counted among
// the failures.
const (
	Guarded    Class = "guard"      // the side does not own the tables
	ReadOnly   Class = "read_only"  // the server takes no writes
	Denied     Class = "denied"     // the account is locked or has lost its rights
	Connection Class = "connection" // the server is gone, or has ended the session
	LockWait   Class = "lock_wait"  // it waited for as long as it was willing to
	Deadlock   Class = "deadlock"
	Unknown    Class = "unknown_commit" // the answer to COMMIT was lost
	Other      Class = "other"          // nothing the application knows: it ends
)

func classify(err error) Class {
	if guard.Is(err) {
		return Guarded
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Connection // cut off while it was stopping
	}
	switch courier.Classify(err) {
	case courier.Deadlock:
		return Deadlock
	case courier.LockWait:
		return LockWait
	case courier.Connection:
		return Connection
	case courier.Refused:
		return ReadOnly
	case courier.Denied:
		return Denied
	}
	return Other
}

// elsewhere tells whether the other side may take what this one has not.
func (c Class) elsewhere() bool {
	switch c {
	case Guarded, ReadOnly, Denied, Connection:
		return true
	}
	return false
}
