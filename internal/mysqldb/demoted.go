package mysqldb

import (
	"context"
	"database/sql/driver"
)

// After a failover the writer is another server, and the old one comes back as a
// reader. Two things would keep a pool there: a name that still leads to it, which
// every new session looks for, and connections that outlived the change, which
// are found out by the first write that is refused.

// ReaderError says that the server that was reached reads a storage that another
// one writes. Connecting again, in a moment, may reach the other.
type ReaderError struct{ Addr string }

// Error implements error.
func (e *ReaderError) Error() string {
	return "the server is a reader of its cluster (innodb_read_only), not the writer"
}

// Hint says what to look at.
func (e *ReaderError) Hint() string {
	return "after a failover the cluster's name leads to the new writer within a minute; where it never does, give the cluster's writer endpoint"
}

// TimeZone is the assignment that puts a session into UTC. With writer it fails
// on a server that is a reader: in the same round trip, by a zone that there is not.
// [WrapSession] knows the error.
func TimeZone(writer bool) string {
	if !writer {
		return "time_zone='+00:00'"
	}
	return "time_zone=IF(@@GLOBAL.innodb_read_only,'reader','+00:00')"
}

// WrapSession gives an error of setting up a session on e its type.
func WrapSession(e Endpoint, err error) error {
	if e.Writer && hasCode(err, codeUnknownTimeZone) {
		return &UnreachableError{Endpoint: e, Err: &ReaderError{Addr: e.Addr}}
	}
	return &sessionError{endpoint: e, err: err}
}

// sessionError says that somebody was let in and could not settle.
type sessionError struct {
	endpoint Endpoint
	err      error
}

func (e *sessionError) Error() string {
	return "set up session on " + e.endpoint.Name + ": " + e.err.Error()
}
func (e *sessionError) Unwrap() error { return e.err }

// demoted tells whether the server has become one that takes no writes.
func demoted(err error) bool { return IsReadOnly(err) && !hasCode(err, codeReadOnlyTransaction) }

// driverConn is what the driver's connections can do, and pools make use of.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// pooledConn is a connection that the pool gives up once any of the pool's has
// met a server that takes no writes, so that the writer is looked for again.
type pooledConn struct {
	driverConn
	pool *connector
	born uint64 // as of pool.readOnly
}

// noted looks at an error on its way to the caller.
func (c *pooledConn) noted(err error) error {
	if err != nil && demoted(err) {
		c.pool.readOnly.Add(1)
	}
	return err
}

// IsValid implements driver.Validator: it is asked when the connection goes back.
func (c *pooledConn) IsValid() bool {
	return c.born == c.pool.readOnly.Load() && c.driverConn.IsValid()
}

// ResetSession implements driver.SessionResetter: it is asked before the
// connection is used again.
func (c *pooledConn) ResetSession(ctx context.Context) error {
	if c.born != c.pool.readOnly.Load() {
		return driver.ErrBadConn
	}
	return c.driverConn.ResetSession(ctx)
}

// ExecContext implements driver.ExecerContext.
func (c *pooledConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.driverConn.ExecContext(ctx, query, args)
	return r, c.noted(err)
}

// QueryContext implements driver.QueryerContext.
func (c *pooledConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.driverConn.QueryContext(ctx, query, args)
	return r, c.noted(err)
}

// BeginTx implements driver.ConnBeginTx.
func (c *pooledConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.driverConn.BeginTx(ctx, o)
	if err != nil {
		return nil, c.noted(err)
	}
	return &pooledTx{Tx: tx, conn: c}, nil
}

// pooledTx is a transaction whose COMMIT may be what the server refuses.
type pooledTx struct {
	driver.Tx
	conn *pooledConn
}

// Commit implements driver.Tx.
func (t *pooledTx) Commit() error { return t.conn.noted(t.Tx.Commit()) }
