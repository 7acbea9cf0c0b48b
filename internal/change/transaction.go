package change

import (
	"time"

	"tandem/internal/schema"
)

// Offset is a place in a server's binlog files. Unlike a GTID set it means
// something on one server only; it is used to measure lag in bytes and to know
// when everything that was written before some moment has been read.
type Offset struct {
	File string
	Pos  uint64
}

// Compare orders two offsets of one server. Binlog names end in a number of
// equal width up to 999999 and grow longer after, so a longer name is later.
func (o Offset) Compare(p Offset) int {
	switch {
	case len(o.File) != len(p.File):
		return sign(len(o.File) < len(p.File))
	case o.File != p.File:
		return sign(o.File < p.File)
	case o.Pos != p.Pos:
		return sign(o.Pos < p.Pos)
	}
	return 0
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

// Transaction is one source transaction, or a part of one that is too large to
// be held in memory at once: First and Last tell which part it is. Both are set
// on a whole one.
//
// Rows and their values are valid until Release.
type Transaction struct {
	GTID  GTID
	First bool
	Last  bool
	// LastCommitted and SequenceNumber are the source's logical clock; 0 where
	// the source sends none.
	LastCommitted  int64
	SequenceNumber int64
	// Committed is when the transaction was committed on the server that it was
	// first committed on: to the microsecond, or, on sources before 8.0, to the
	// second.
	Committed time.Time
	// End is the binlog offset behind this part.
	End Offset
	// Own is set when the transaction was written by tandem: its first row
	// change is one of the checkpoint's. Its other rows have been left out,
	// but for those that cross.
	Own bool
	// Bookkeeping is set when nothing but tables of _tandem was changed.
	Bookkeeping bool
	// Crossing is set when Rows has rows of _tandem that cross to the other side:
	// of ownership, or of signals.
	Crossing bool
	// Rows are the changes of replicated tables, in order.
	Rows []RowChange
	// Statement is set for a DDL statement, which is a transaction of its own.
	Statement *Statement
	// Bytes is the size of the events that the part was read from.
	Bytes int
	// Memory is about what the part takes in memory, decoded.
	Memory int
	// Skipped counts the row changes that were left out, as the tables are not
	// replicated.
	Skipped int

	release func(*Transaction)
}

// OnRelease sets what gives the transaction's memory back.
func (t *Transaction) OnRelease(f func(*Transaction)) { t.release = f }

// Release gives the memory of the rows back to whoever read them. The
// transaction must not be used after.
func (t *Transaction) Release() {
	if f := t.release; f != nil {
		t.release = nil
		f(t)
	}
}

// Op is what happened to a row.
type Op uint8

// The operations.
const (
	Insert Op = iota + 1
	Update
	Delete
)

// String returns insert, update or delete.
func (o Op) String() string {
	switch o {
	case Insert:
		return "insert"
	case Update:
		return "update"
	case Delete:
		return "delete"
	}
	return "unknown"
}

// RowChange is a change of one row. Both images are full: source servers must
// run with binlog_row_image=FULL.
type RowChange struct {
	Op    Op
	Flags RowFlags
	Table *schema.Table
	// Before is nil for an insert, After for a delete.
	Before schema.Row
	After  schema.Row
}

// RowFlags are the flags of the rows event that a change came in.
type RowFlags uint16

// The flags that matter, as the binlog has them.
const (
	// NoForeignKeyChecks: foreign_key_checks was off at the source.
	NoForeignKeyChecks RowFlags = 0x02
	// CascadesLogged: what foreign keys changed in child tables is in the
	// binlog itself (MySQL 9.6 and later).
	CascadesLogged RowFlags = 0x10
)

// Statement is a DDL statement with the session state that it depends on.
type Statement struct {
	SQL string
	// Schema is the default database.
	Schema string
	// SQLMode is the session's sql_mode as a bit mask; HasSQLMode tells whether
	// the binlog had one.
	SQLMode    uint64
	HasSQLMode bool
	// CharsetClient, CollationConnection and CollationServer are collation ids.
	CharsetClient       uint16
	CollationConnection uint16
	CollationServer     uint16
	// TimeZone is the session's time zone, if the statement depends on it.
	TimeZone string
	// UTF8MB4Collation is the id of default_collation_for_utf8mb4, 0 if the
	// binlog has none.
	UTF8MB4Collation uint16
	// NoForeignKeyChecks is set when foreign_key_checks was off.
	NoForeignKeyChecks bool
	// ImplicitTimestamps is set when explicit_defaults_for_timestamp was off;
	// HasTimestampDefaults tells whether the binlog says so (5.6 does not: it is
	// off there unless the server is set up otherwise).
	ImplicitTimestamps   bool
	HasTimestampDefaults bool
	// Time is the session's clock (SET timestamp), for defaults that take it.
	Time time.Time
	// Tables are the replicated tables that the statement changes.
	Tables []schema.Name
}
