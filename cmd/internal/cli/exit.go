package cli

import (
	"errors"

	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/plans"
	"tandem/plans/runner"
	"tandem/replicate"
	"tandem/replicate/applier"
	"tandem/replicate/binlog"
	"tandem/replicate/copier"
)

// The exit codes, a contract with whoever runs tandem from a script. They are
// explained in docs/exit-codes.md.
const (
	exitDone              = 0
	exitFailed            = 1
	exitUsage             = 2
	exitMismatch          = 3
	exitGate              = 4
	exitInconclusive      = 5
	exitAmbiguous         = 6
	exitSourceUnreachable = 10
	exitTargetUnreachable = 11
	exitLeaseHeld         = 12
	exitPurged            = 13
	exitInterrupted       = 130
)

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	var (
		usage       *usage
		problems    *config.Problems
		unreachable *mysqldb.UnreachableError
		denied      *mysqldb.AccessDeniedError
		stopped     *stoppedError
		mismatch    *mismatchError
		blocked     *blockedError
		parity      *parityError
		password    *config.PasswordError
		purged      *binlog.PurgedError
		lint        *lintError
		skipped     *skippedError
		noPlan      *plans.NoFileError
		drift       *plans.DriftError
		undone      *runner.UndoneError
		brought     *runner.RolledBackError
		ambiguous   *runner.AmbiguousError
		unknown     *unknownOwners
		held        *runner.HeldError
		lost        *runner.LostError
	)
	switch {
	case err == nil:
		return exitDone
	case asError(err, &ambiguous), asError(err, &unknown):
		return exitAmbiguous // whatever else has happened: somebody must look
	case asError(err, &stopped):
		return exitInterrupted
	case asError(err, &usage), asError(err, &problems), errors.Is(err, config.ErrNoFile),
		asError(err, &lint), asError(err, &noPlan), asError(err, &drift):
		return exitUsage
	case asError(err, &mismatch):
		return exitMismatch
	case asError(err, &parity):
		return parity.code()
	case asError(err, &skipped):
		return exitInconclusive
	case asError(err, &blocked), asError(err, &undone), asError(err, &brought):
		return exitGate
	case asError(err, &held), asError(err, &lost):
		return exitLeaseHeld
	case errors.Is(err, replicate.ErrLeaseHeld), errors.Is(err, applier.ErrFenced), errors.Is(err, copier.ErrFenced):
		return exitLeaseHeld
	case asError(err, &purged):
		return exitPurged
	case asError(err, &password):
		return exitFailed // no server was asked
	case asError(err, &unreachable):
		return unreachableCode(unreachable.Endpoint)
	case asError(err, &denied):
		return unreachableCode(denied.Endpoint)
	default:
		return exitFailed
	}
}

// unreachableCode tells the sides apart. A server that lets nobody in is as far
// away as one that is down.
func unreachableCode(e mysqldb.Endpoint) int {
	switch e.Side() {
	case "source":
		return exitSourceUnreachable
	case "target":
		return exitTargetUnreachable
	default:
		return exitFailed
	}
}

// asError is errors.As, short enough to be read in a list.
func asError[T error](err error, to *T) bool { return errors.As(err, to) }
