package fencing

import (
	"fmt"
	"strings"
	"time"

	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// Kind is a way of keeping writes off.
type Kind string

// The kinds, in the order in which they are raised. They are lifted the other
// way round.
const (
	Exec     Kind = "exec"
	Accounts Kind = "accounts"
	Grants   Kind = "grants"
	ReadOnly Kind = "read_only"
)

func order() []Kind { return []Kind{Exec, Accounts, Grants, ReadOnly} }

// Request says what is to be fenced, and how.
type Request struct {
	Migration string
	Run       string
	Stage     string
	// Side is the one that is fenced, and Groups what is kept from being written
	// there: Tables.
	Side   ownership.Side
	Groups []string
	Tables []schema.Name

	// Accounts are locked, and Grants lose the right to write. Each is a user's
	// name, which means all accounts of that name, or user@host.
	Accounts []string
	Grants   []string
	ReadOnly bool
	Exec     *Program

	// Deadline is how long the fence may stand before the daemon lifts it; 0 for
	// one that is kept, behind the point of no return.
	Deadline time.Duration
}

// Kinds lists what the request wants, in the order of raising.
func (r *Request) Kinds() []Kind {
	var list []Kind
	for _, k := range order() {
		switch {
		case k == Exec && r.Exec != nil,
			k == Accounts && len(r.Accounts) > 0,
			k == Grants && len(r.Grants) > 0,
			k == ReadOnly && r.ReadOnly:
			list = append(list, k)
		}
	}
	return list
}

// Fence is one record: a fence of one kind.
type Fence struct {
	ID        uint64
	Migration string
	Run       string
	Stage     string
	Kind      Kind
	Side      ownership.Side
	Groups    []string
	Undo      Undo
	// Recorded is when it was written down, Raised when it was up; zero if it
	// never was.
	Recorded, Raised time.Time
	// Left is how long it may still stand, if it has a deadline.
	Deadline bool
	Left     time.Duration
	// Lifting is set while it is being lifted.
	Lifting bool
}

// String says what stands, for status screens.
func (f *Fence) String() string {
	s := fmt.Sprintf("%s on the %s for %s: %s", f.Kind, f.Side, strings.Join(f.Groups, ", "), f.Undo.String())
	switch {
	case f.Lifting:
		s += "; being lifted"
	case f.Deadline && f.Left <= 0:
		s += "; its deadline is over"
	case f.Deadline:
		s += "; lifted by itself in " + f.Left.Round(time.Second).String()
	}
	return s
}

// RefusedError says that a fence can not be raised here, and that nothing was
// changed.
type RefusedError struct {
	Kind Kind
	Why  string
	What string // to do instead
}

// Error implements error.
func (e *RefusedError) Error() string { return fmt.Sprintf("fence %s: %s", e.Kind, e.Why) }

// Hint says what to do instead.
func (e *RefusedError) Hint() string { return e.What }

// DownError says that a fence that should be up is not.
type DownError struct {
	Kind Kind
	Why  string
}

// Error implements error.
func (e *DownError) Error() string { return fmt.Sprintf("fence %s is not up: %s", e.Kind, e.Why) }
