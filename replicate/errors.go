package replicate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/preflight"
	"tandem/internal/wire"
	"tandem/replicate/binlog"
)

// ErrLeaseHeld is returned when another tandem works on the migration.
var ErrLeaseHeld = errors.New("another tandem is at work on this migration")

// BlockedError holds what keeps a migration from starting.
type BlockedError struct{ Findings []preflight.Finding }

// Error lists the findings, one a line.
func (e *BlockedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d thing(s) must be put right before replication can start:", len(e.Findings))
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "\n  %s on the %s: %s", f.ID, f.Side, f.What)
		if f.Evidence != "" {
			fmt.Fprintf(&b, "\n    seen: %s", f.Evidence)
		}
		if f.Fix != "" {
			fmt.Fprintf(&b, "\n    fix:  %s", f.Fix)
		}
	}
	return b.String()
}

// mistaken tells whether an error at the very first attempt is more likely a
// mistake in the configuration than something that passes: a server that can not
// be reached, or not be written to.
func mistaken(err error) bool { return mysqldb.IsUnreachable(err) || mysqldb.IsReadOnly(err) }

// lost tells whether one of our own connections was lost, for whatever reason.
func lost(err error) bool {
	_, binlogLost := errors.AsType[*binlog.LostError](err)
	_, wireLost := errors.AsType[*wire.LostError](err)
	return binlogLost || wireLost
}

// refused tells whether a server has not let tandem's user in.
func refused(err error) bool {
	_, denied := errors.AsType[*mysqldb.AccessDeniedError](err)
	return denied
}

// transient tells whether connecting again, and going on from the checkpoint,
// may mend what happened.
func transient(err error) bool {
	if lost(err) {
		return true
	}
	if errors.Is(err, mysqldb.ErrLockLost) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	return mysqldb.IsUnreachable(err) || mysqldb.IsLostConnection(err) || mysqldb.IsLockWait(err) ||
		mysqldb.IsDeadlock(err) || mysqldb.IsReadOnly(err) || mysqldb.IsInterrupted(err)
}
