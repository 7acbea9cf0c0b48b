package copier

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/change"
	"tandem/internal/scan"
	"tandem/internal/wire"
)

// writeLockWait bounds how long a chunk's transaction waits for a lock: the
// stream may hold it, and wait for the chunk.
const writeLockWait = 3 * time.Second

func (c *Copier) connectSource(ctx context.Context) (*wire.Conn, error) {
	return wire.Connect(ctx, c.cfg.Source, wire.Session{ReadOnly: true, Vars: scan.SessionVars()})
}

func (c *Copier) connectTarget(ctx context.Context) (*wire.Conn, error) {
	return wire.Connect(ctx, c.cfg.Target, wire.Session{LockWaitTimeout: writeLockWait})
}

// binlogEnd returns where the source's binlog ends now.
func (c *Copier) binlogEnd(ctx context.Context, conn *wire.Conn) (change.Offset, error) {
	sql := "SHOW BINARY LOG STATUS"
	if known := c.binlogSQL.Load(); known != nil {
		sql = *known
	}
	row, err := conn.One(ctx, []byte(sql))
	if wire.Code(err) == codeParse {
		sql = "SHOW MASTER STATUS"
		row, err = conn.One(ctx, []byte(sql))
	}
	if err != nil {
		return change.Offset{}, fmt.Errorf("read the end of the source's binlog: %w", err)
	}
	if len(row) < 2 {
		return change.Offset{}, fmt.Errorf("read the end of the source's binlog: the source writes none")
	}
	c.binlogSQL.Store(&sql)
	end := change.Offset{File: string(row[0])}
	if _, err := fmt.Sscan(string(row[1]), &end.Pos); err != nil {
		return end, fmt.Errorf("read the end of the source's binlog: %w", err)
	}
	return end, nil
}

// waitVisible waits until the source shows a set of transactions: a SELECT may
// not see at once what the stream has brought already. It is a matter of
// milliseconds, so asking again is good enough, and works on every version.
func (c *Copier) waitVisible(ctx context.Context, conn *wire.Conn, want change.GTIDSet) error {
	if want.IsEmpty() {
		return nil
	}
	sql := []byte("SELECT GTID_SUBSET('" + want.String() + "',@@GLOBAL.gtid_executed) OR SLEEP(0.005)")
	for {
		row, err := conn.One(ctx, sql)
		if err != nil {
			return fmt.Errorf("wait for the source to show what its binlog has: %w", err)
		}
		if string(row[0]) == "1" {
			break
		}
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	// What has been seen once need not be asked for again.
	c.mu.Lock()
	c.leftOut = c.leftOut.Subtract(want)
	c.mu.Unlock()
	return nil
}

// settle returns when the source shows everything that its gtid_executed holds.
func (c *Copier) settle(ctx context.Context) error {
	if c.settler == nil {
		return nil
	}
	return c.settler.settle(ctx)
}

// The server's error numbers that the copier decides on.
const (
	codeUnknownColumn          = 1054
	codeDuplicateKeyName       = 1061
	codeDuplicate              = 1062
	codeParse                  = 1064
	codeNoSuchTable            = 1146
	codeNoSuchKey              = 1176
	codeLockWait               = 1205
	codeDeadlock               = 1213
	codeDataTruncated          = 1265
	codeTableDefChanged        = 1412
	codeOnlineLogFull          = 1799
	codeAlterUnsupported       = 1845
	codeAlterUnsupportedReason = 1846
)

func locksInTheWay(err error) bool {
	code := wire.Code(err)
	return code == codeLockWait || code == codeDeadlock
}

// definitionChanged tells whether a SELECT failed since the table is not, or not
// any more, what the stream has made of it so far.
func definitionChanged(err error) bool {
	switch wire.Code(err) {
	case codeUnknownColumn, codeNoSuchTable, codeNoSuchKey, codeTableDefChanged:
		return true
	}
	return false
}

// readExecuted returns the source's gtid_executed.
func (c *Copier) readExecuted(ctx context.Context, conn *wire.Conn) (change.GTIDSet, error) {
	row, err := conn.One(ctx, []byte("SELECT @@GLOBAL.gtid_executed"))
	if err != nil {
		return change.GTIDSet{}, err
	}
	return change.ParseGTIDSet(string(row[0]))
}
