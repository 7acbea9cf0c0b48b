package runner

import (
	"context"
	"fmt"
	"time"

	"tandem/plans"
	"tandem/plans/journal"
)

// Action does one step. Apply, Confirm and Undo are each safe to repeat: after a
// crash in the middle they are called again.
type Action interface {
	Apply(ctx context.Context, r *Run) error
	Confirm(ctx context.Context, r *Run) (journal.Data, error) // evidence for the journal
	Undo(ctx context.Context, r *Run) error
}

// Early is an action of the pause that can do some of its work before writers
// wait. Early is called once the gates hold; what it takes, it keeps in the Run.
type Early interface {
	Early(ctx context.Context, r *Run) error
}

// Gate is asked again and again until all gates of the stage hold at the same
// time. It is made once a stage and asked by one goroutine, so it may remember
// what it saw the last time.
type Gate interface {
	Check(ctx context.Context, r *Run) (Reading, error) // error: could not be asked (counts as not holding, shown)
}

// Reading is what a gate has measured.
type Reading struct {
	Holds bool
	Says  string // for people: what was measured, and what is waited for
	Data  journal.Data
}

// Maker makes the action or gate of a step; one of the two is nil.
type Maker func(step plans.Step) (Action, Gate, error)

// BusyError says that a step could not be done now, and that nothing has
// happened: it can be tried again.
type BusyError struct {
	Step string
	Err  error
}

// Error implements error.
func (e *BusyError) Error() string { return fmt.Sprintf("%s: busy: %v", e.Step, e.Err) }

// Unwrap returns the cause.
func (e *BusyError) Unwrap() error { return e.Err }

// RollbackError is returned by a step behind the point of no return whose
// condition to roll back was met. The runner hands the groups over again, in the
// other direction.
type RollbackError struct {
	Step string
	Why  string
}

// Error implements error.
func (e *RollbackError) Error() string { return fmt.Sprintf("%s: roll back: %s", e.Step, e.Why) }

// Pace is how often gates are asked.
const Pace = 200 * time.Millisecond
