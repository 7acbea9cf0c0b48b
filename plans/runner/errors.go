package runner

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/ownership"
)

// UndoneError says that a stage was not handed over, and that everything is as
// it was: applications write where they wrote.
type UndoneError struct {
	Stage string
	Owner ownership.Side // where applications write
	Why   error
	// Left is what could not be undone.
	Left error
}

// Error implements error.
func (e *UndoneError) Error() string {
	text := fmt.Sprintf("stage %s was not handed over, applications write on the %s as before: %v", e.Stage, e.Owner, e.Why)
	if e.Left != nil {
		text += fmt.Sprintf("; but not everything is undone: %v", e.Left)
	}
	return text
}

// Unwrap returns the causes.
func (e *UndoneError) Unwrap() []error {
	if e.Left == nil {
		return []error{e.Why}
	}
	return []error{e.Why, e.Left}
}

// Hint says what to type next.
func (e *UndoneError) Hint() string {
	if e.Left != nil {
		return "tandem plan repair says what is left, and takes it away with --fix"
	}
	return "mend what is named and run tandem plan run again; stages that are handed over are left out"
}

// GateError says that the gates did not all hold in time.
type GateError struct {
	Within  time.Duration
	Waiting []string // the gates that did not hold, with what they said
}

// Error implements error.
func (e *GateError) Error() string {
	return fmt.Sprintf("the gates did not hold together within %s: %s", e.Within, strings.Join(e.Waiting, "; "))
}

// BudgetError says that the pause budget was spent.
type BudgetError struct {
	Budget time.Duration
	Step   string // the step in hand
}

// Error implements error.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("the pause budget of %s was spent in step %s", e.Budget, e.Step)
}

// AbortedError is the cause of a run that somebody has stopped with plan abort,
// or that a rollback has stopped.
type AbortedError struct{ Who, Why string }

// Error implements error.
func (e *AbortedError) Error() string { return fmt.Sprintf("stopped by %s (%s)", e.Who, e.Why) }

// StoppedError says that a run was stopped behind a point of no return: it is
// not undone, and goes on with plan resume.
type StoppedError struct {
	Run, Stage, Step string
	Why              error
}

// Error implements error.
func (e *StoppedError) Error() string {
	return fmt.Sprintf("run %s has stopped at %s, behind the point of no return of stage %s: %v", e.Run, e.Step, e.Stage, e.Why)
}

// Unwrap returns the cause.
func (e *StoppedError) Unwrap() error { return e.Why }

// Hint says what to type next.
func (e *StoppedError) Hint() string {
	return "tandem plan resume goes on\ntandem rollback --stage " + e.Stage + " brings writers back"
}

// RolledBackError says that a stage was handed over and brought back.
type RolledBackError struct {
	Stage string
	Owner ownership.Side
	Why   error
}

// Error implements error.
func (e *RolledBackError) Error() string {
	return fmt.Sprintf("stage %s was handed over and brought back, applications write on the %s: %v", e.Stage, e.Owner, e.Why)
}

// Unwrap returns the cause.
func (e *RolledBackError) Unwrap() error { return e.Why }

// AmbiguousError says that nobody knows whether a handover was committed.
type AmbiguousError struct {
	Run, Stage string
	Side       ownership.Side // the one whose row decides
	Err        error
}

// Error implements error.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("stage %s: whether it was handed over is not known: the answer to the commit was lost, and the %s, whose row decides, can not be read: %v", e.Stage, e.Side, e.Err)
}

// Unwrap returns the cause.
func (e *AmbiguousError) Unwrap() error { return e.Err }

// Hint says what to type next.
func (e *AmbiguousError) Hint() string {
	return "do nothing by hand: when the " + string(e.Side) + " can be reached again, tandem plan repair says what is true and what to type"
}

// UnfinishedError says that there is a run that has not ended.
type UnfinishedError struct{ Run, Plan, Stage, Step string }

// Error implements error.
func (e *UnfinishedError) Error() string {
	at := ""
	if e.Step != "" {
		at = ", at step " + e.Step
	}
	return fmt.Sprintf("run %s of plan %s has not ended%s", e.Run, e.Plan, at)
}

// Hint says what to type next.
func (e *UnfinishedError) Hint() string {
	return "tandem plan resume goes on with it\ntandem plan abort ends it"
}

// ErrNothing says that there is nothing to do what was asked for with.
var ErrNothing = errors.New("there is nothing to do")
