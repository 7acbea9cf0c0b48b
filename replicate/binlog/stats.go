package binlog

import "tandem/internal/change"

// Stats is what a [Reader] has seen since it was opened.
type Stats struct {
	// Events and Bytes have been received.
	Events int64
	Bytes  int64
	// Received is how far the server has sent.
	Received change.Offset
	// Read is how far Next has come.
	Read change.Offset
	// Buffered is how many bytes wait in memory, Spooled how many on disk.
	Buffered int64
	Spooled  int64
	// SpooledTotal is how many bytes have ever gone to disk.
	SpooledTotal int64
	// Transactions have been handed out, Own of them were tandem's.
	Transactions int64
	Own          int64
	// Rows have been decoded.
	Rows int64
	// Skipped counts what was left out, by reason.
	Skipped map[string]int64
}

// The reasons in Stats.Skipped.
const (
	SkipRows        = "rows of tables that are not replicated"
	SkipSystem      = "rows of system tables"
	SkipOwn         = "rows that tandem wrote"
	SkipStatement   = "statements on tables that are not replicated"
	SkipAccount     = "account and privilege statements"
	SkipMaintenance = "maintenance statements"
	SkipTemporary   = "statements on temporary tables"
	SkipView        = "view statements"
	SkipTrigger     = "trigger statements"
	SkipRoutine     = "procedure and function statements"
	SkipEvent       = "event statements"
	SkipServer      = "server object statements"
	SkipXA          = "xa transactions on tables that are not replicated"
	SkipIgnorable   = "events marked as ignorable"
)
