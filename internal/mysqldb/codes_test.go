package mysqldb_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/mysqldb"
)

func itoa(n int) string { return strconv.Itoa(n) }

// wireError is what an error of another client looks like.
type wireError uint16

func (e wireError) Error() string     { return "code " + itoa(int(e)) }
func (e wireError) MySQLCode() uint16 { return uint16(e) }

func TestClasses(t *testing.T) {
	for _, c := range []struct {
		name string
		is   func(error) bool
		yes  []uint16
		no   []uint16
	}{
		{"lock wait", mysqldb.IsLockWait, []uint16{1205, 3572}, []uint16{1213, 1062}},
		{"deadlock", mysqldb.IsDeadlock, []uint16{1213}, []uint16{1205}},
		{"retryable", mysqldb.IsRetryable, []uint16{1205, 1213}, []uint16{1062, 2013}},
		{"duplicate", mysqldb.IsDuplicate, []uint16{1062, 1586}, []uint16{1452}},
		{"no such table", mysqldb.IsNoSuchTable, []uint16{1146, 1049, 1051}, []uint16{1054}},
		{"purged", mysqldb.IsPurged, []uint16{1236, 1789}, []uint16{1790}},
		{"read only", mysqldb.IsReadOnly, []uint16{1792, 1836}, []uint16{1142, 1290}},
		{"denied", mysqldb.IsAccessDenied, []uint16{1044, 1045, 1142, 1227}, []uint16{1290}},
		{"lost", mysqldb.IsLostConnection, []uint16{1053, 1158, 1161, 1927, 4031}, []uint16{1205, 1317, 1062}},
		{"disk full", mysqldb.IsDiskFull, []uint16{1021, 1114}, []uint16{1118}},
		{"packet", mysqldb.IsPacketTooLarge, []uint16{1153}, []uint16{1118}},
		{"unknown variable", mysqldb.IsUnknownVariable, []uint16{1193}, []uint16{1231}},
		{"interrupted", mysqldb.IsInterrupted, []uint16{1317}, []uint16{1205}},
	} {
		for want, codes := range map[bool][]uint16{true: c.yes, false: c.no} {
			for _, code := range codes {
				for _, err := range []error{&mysql.MySQLError{Number: code}, wireError(code)} {
					if got := c.is(fmt.Errorf("outer: %w", err)); got != want {
						t.Errorf("%s: %T %d: %v", c.name, err, code, got)
					}
				}
			}
		}
		if c.is(nil) || c.is(io.ErrNoProgress) {
			t.Errorf("%s: any error", c.name)
		}
	}
	for want, errs := range map[bool][]error{
		true: {driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded,
			&net.OpError{Op: "read", Err: syscall.ECONNREFUSED}},
		false: {context.Canceled, context.DeadlineExceeded, mysql.ErrPktTooLarge, &os.PathError{Op: "write", Err: syscall.ENOSPC}},
	} {
		for _, err := range errs {
			if got := mysqldb.IsLostConnection(fmt.Errorf("outer: %w", err)); got != want {
				t.Errorf("lost connection: %v: %v", err, got)
			}
		}
	}
}

// TestReadOnlyOption: several options prevent statements under one number.
func TestReadOnlyOption(t *testing.T) {
	const text = "The MySQL server is running with the --%s option so it cannot execute this statement"
	for option, want := range map[string]bool{"read-only": true, "super-read-only": true, "secure-file-priv": false} {
		if got := mysqldb.IsReadOnly(&mysql.MySQLError{Number: 1290, Message: fmt.Sprintf(text, option)}); got != want {
			t.Errorf("%s: %v", option, got)
		}
	}
}
