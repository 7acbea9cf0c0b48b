package mysqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

// The server's error numbers that tandem decides on.
const (
	codeTooManyConnections      = 1040
	codeDatabaseAccess          = 1044
	codeAccessDenied            = 1045
	codeUnknownDatabase         = 1049
	codeUnknownTableInDrop      = 1051
	codeShutdown                = 1053
	codeDuplicateKeyWrite       = 1022
	codeDuplicateEntry          = 1062
	codeTableFull               = 1114
	codeDiskFull                = 1021
	codeHostBlocked             = 1129
	codeHostNotPrivileged       = 1130
	codeTableAccess             = 1142
	codeColumnAccess            = 1143
	codeNoSuchTable             = 1146
	codeAborted                 = 1152
	codePacketTooLarge          = 1153
	codeNetRead                 = 1158
	codeNetWriteTimeout         = 1161
	codeUnknownVariable         = 1193
	codeTooManyUserConnections  = 1203
	codeLockWait                = 1205
	codeDeadlock                = 1213
	codeUserLimitReached        = 1226
	codeSpecificAccess          = 1227
	codeUnknownTimeZone         = 1298
	codeFatalReadingBinlog      = 1236
	codeOptionPrevents          = 1290
	codeQueryInterrupted        = 1317
	codeDuplicateEntryNamed     = 1586
	codeReadOnlyTransaction     = 1792
	codePurgedGTIDs             = 1789
	codeMustChangePassword      = 1820
	codeReadOnlyMode            = 1836
	codeInnoDBReadOnly          = 1874
	codeMustChangePasswordLogin = 1862
	codeConnectionKilled        = 1927
	codeSessionKilled           = 3169
	codeNoWait                  = 3572
	codeUserLockDeadlock        = 3058
	codeAccountLocked           = 3118
	codeSecureTransport         = 3159
	codeInteractionTimeout      = 4031
)

// Coder is what an error from a server of any client looks like.
type Coder interface {
	error
	// MySQLCode is the server's number of the error.
	MySQLCode() uint16
}

// Code returns the server's number of err, if a server has sent it.
func Code(err error) (code uint16, ok bool) {
	var m *mysql.MySQLError
	if errors.As(err, &m) {
		return m.Number, true
	}
	var c Coder
	if errors.As(err, &c) {
		return c.MySQLCode(), true
	}
	return 0, false
}

func hasCode(err error, codes ...uint16) bool {
	code, ok := Code(err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if c == code {
			return true
		}
	}
	return false
}

// IsUnreachable tells whether err is an [UnreachableError].
func IsUnreachable(err error) bool {
	var u *UnreachableError
	return errors.As(err, &u)
}

// IsAccessDenied tells whether the server refuses the user, at the door or
// for a single statement.
func IsAccessDenied(err error) bool {
	var d *AccessDeniedError
	return errors.As(err, &d) ||
		hasCode(err, codeDatabaseAccess, codeAccessDenied, codeTableAccess, codeColumnAccess, codeSpecificAccess)
}

// IsLockWait tells whether a lock could not be had in time. Depending on
// innodb_rollback_on_timeout the transaction may still be open.
func IsLockWait(err error) bool { return hasCode(err, codeLockWait, codeNoWait) }

// IsDeadlock tells whether the transaction was rolled back to end a deadlock.
func IsDeadlock(err error) bool { return hasCode(err, codeDeadlock, codeUserLockDeadlock) }

// IsRetryable tells whether the same transaction may well succeed when it is
// tried again as a whole.
func IsRetryable(err error) bool { return IsLockWait(err) || IsDeadlock(err) }

// IsDuplicate tells whether a unique key is in the way.
func IsDuplicate(err error) bool {
	return hasCode(err, codeDuplicateEntry, codeDuplicateEntryNamed, codeDuplicateKeyWrite)
}

// IsNoSuchTable tells whether a table (or its database) is not there.
func IsNoSuchTable(err error) bool {
	return hasCode(err, codeNoSuchTable, codeUnknownTableInDrop, codeUnknownDatabase)
}

// IsUnknownVariable tells whether the server has no system variable of that
// name.
func IsUnknownVariable(err error) bool { return hasCode(err, codeUnknownVariable) }

// IsPurged tells whether the binlog that was asked for is gone (or can not be
// read; the message tells).
func IsPurged(err error) bool { return hasCode(err, codeFatalReadingBinlog, codePurgedGTIDs) }

// IsReadOnly tells whether the server takes no writes, such as one that was
// the writer before a failover.
func IsReadOnly(err error) bool {
	// Other options prevent statements under the same number.
	return hasCode(err, codeReadOnlyTransaction, codeReadOnlyMode, codeInnoDBReadOnly) ||
		hasCode(err, codeOptionPrevents) && strings.Contains(err.Error(), "read-only")
}

// IsDiskFull tells whether the server has no room.
func IsDiskFull(err error) bool { return hasCode(err, codeTableFull, codeDiskFull) }

// IsPacketTooLarge tells whether a statement or row exceeds
// max_allowed_packet.
func IsPacketTooLarge(err error) bool {
	return hasCode(err, codePacketTooLarge) || errors.Is(err, mysql.ErrPktTooLarge)
}

// IsInterrupted tells whether somebody has killed the statement.
func IsInterrupted(err error) bool { return hasCode(err, codeQueryInterrupted) }

// IsLostConnection tells whether the connection is gone: what was sent last may
// or may not have been done. A new connection may be had at once.
func IsLostConnection(err error) bool {
	if err == nil {
		return false
	}
	if code, ok := Code(err); ok {
		switch {
		case code == codeShutdown, code == codeAborted, code >= codeNetRead && code <= codeNetWriteTimeout,
			code == codeConnectionKilled, code == codeSessionKilled, code == codeInteractionTimeout:
			return true
		}
		return false
	}
	// A deadline of the caller's own says nothing about the connection, but is a
	// net.Error by its methods.
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	// Neither is the error of a file system: its numbers are net.Errors, too.
	var op *net.OpError
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.As(err, &op) || errors.As(err, &n) && n.Timeout()
}

// isAuthMethod tells whether client and server could not agree on how to log
// in.
func isAuthMethod(err error) bool {
	for _, e := range []error{mysql.ErrNoTLS, mysql.ErrCleartextPassword, mysql.ErrNativePassword,
		mysql.ErrOldPassword, mysql.ErrUnknownPlugin} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
