package courier

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"
)

// Server error numbers the load and the schema decide on.
const (
	erTableExists = 1050
)

// ErrorClass is what an application can do about an error of the load.
type ErrorClass string

const (
	Deadlock   ErrorClass = "deadlock"    // retried
	LockWait   ErrorClass = "lock_wait"   // retried
	Duplicate  ErrorClass = "duplicate"   // rolled back: somebody else was first
	ForeignKey ErrorClass = "foreign_key" // rolled back: the other row is gone
	Connection ErrorClass = "connection"  // server gone; fatal unless Reconnect is set
	Refused    ErrorClass = "refused"     // read only, or a guard said no; as Connection
	Denied     ErrorClass = "denied"      // account locked or without rights; as Connection
	// Unknown is a COMMIT whose answer never came: the transaction may have
	// happened, so it is not tried again.
	Unknown ErrorClass = "unknown_commit"
	Other   ErrorClass = "other" // always fatal
)

// Classify puts an error of a statement into its class.
func Classify(err error) ErrorClass {
	var refused *mysql.MySQLError
	var network net.Error
	switch {
	case errors.As(err, &refused):
		return classByNumber[refused.Number].or(Other)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Other
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return Connection
	}
	return Other
}

func (c ErrorClass) or(other ErrorClass) ErrorClass {
	if c == "" {
		return other
	}
	return c
}

// classByNumber is read only.
var classByNumber = map[uint16]ErrorClass{
	1213: Deadlock,
	1205: LockWait,
	1062: Duplicate,
	1451: ForeignKey, 1452: ForeignKey, 1216: ForeignKey, 1217: ForeignKey,
	1053: Connection, 1077: Connection, 1158: Connection, 1159: Connection, 1160: Connection, 1161: Connection,
	1040: Connection, 1152: Connection, 1317: Connection, 1927: Connection, 3168: Connection, 4031: Connection,
	1290: Refused, 1792: Refused, 1836: Refused, 1644: Refused, 3100: Refused,
	1044: Denied, 1045: Denied, 1142: Denied, 1227: Denied, 1370: Denied, 3118: Denied, 1820: Denied,
}
