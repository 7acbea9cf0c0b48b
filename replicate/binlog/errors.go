package binlog

import (
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// ErrClosed is what Next returns after Close.
var ErrClosed = errors.New("binlog reader is closed")

// PurgedError means that the server no longer has transactions that are still
// to be read.
type PurgedError struct {
	Server  string
	Missing change.GTIDSet
}

func (e *PurgedError) Error() string {
	return fmt.Sprintf("read binlog of %s: the server has purged transactions that are not applied yet: %s",
		e.Server, e.Missing)
}

// AheadError means that the position holds transactions that the server does
// not know: it is another server, or it has lost them in a failover.
type AheadError struct {
	Server string
	Extra  change.GTIDSet
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("read binlog of %s: transactions have been applied that the server does not have: %s",
		e.Server, e.Extra)
}

// SettingError means that the server is not set up for what is asked of it.
type SettingError struct {
	Server  string
	Setting string
	Value   string
	Want    string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("read binlog of %s: %s is %s, must be %s", e.Server, e.Setting, e.Value, e.Want)
}

// RefusedError means that the binlog holds something that can not be applied
// exactly.
type RefusedError struct {
	GTID   change.GTID
	Table  schema.Name // zero if it is not about one table
	Reason string
	Hint   string
}

func (e *RefusedError) Error() string {
	msg := "refuse transaction " + e.GTID.String()
	if e.GTID.IsZero() {
		msg = "refuse binlog event"
	}
	if e.Table != (schema.Name{}) {
		msg += " on " + e.Table.String()
	}
	msg += ": " + e.Reason
	if e.Hint != "" {
		msg += "; " + e.Hint
	}
	return msg
}

// MismatchError means that the columns of a row event are not those of the
// table's definition.
type MismatchError struct {
	GTID       change.GTID
	Table      schema.Name
	Difference string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("decode rows of %s in transaction %s: the event does not fit the table's definition: %s",
		e.Table, e.GTID, e.Difference)
}

// CorruptError means that bytes arrived that no server writes.
type CorruptError struct {
	At     change.Offset
	Detail string
	Err    error
}

func (e *CorruptError) Error() string {
	msg := fmt.Sprintf("decode binlog event before %s:%d: %s", e.At.File, e.At.Pos, e.Detail)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

func (e *CorruptError) Unwrap() error { return e.Err }

// LostError means that the connection ended. What was half read is dropped;
// reading can go on from the last position.
type LostError struct {
	Server string
	Err    error
}

func (e *LostError) Error() string {
	return fmt.Sprintf("read binlog of %s: connection lost: %v", e.Server, e.Err)
}

func (e *LostError) Unwrap() error { return e.Err }

// ReplacedError means that another reader with the same server id has
// connected, for which the server has ended this one.
type ReplacedError struct {
	Server string
	Err    error
}

func (e *ReplacedError) Error() string {
	return fmt.Sprintf("read binlog of %s: another reader with the same server id has taken over: %v", e.Server, e.Err)
}

func (e *ReplacedError) Unwrap() error { return e.Err }

// SpoolError means that events could not be kept on disk.
type SpoolError struct {
	Dir string
	Err error
}

func (e *SpoolError) Error() string {
	return fmt.Sprintf("spool binlog events to %s: %v", e.Dir, e.Err)
}

func (e *SpoolError) Unwrap() error { return e.Err }
