package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"

	"tandem/internal/mysqldb"
)

// dialTimeout bounds the opening of a connection, handshake included.
const dialTimeout = 15 * time.Second

// Session says how a connection is set up.
type Session struct {
	// ForeignKeyChecks turns foreign_key_checks on. It is off otherwise.
	ForeignKeyChecks bool
	// ReadOnly makes every transaction read only.
	ReadOnly bool
	// RepeatableRead replaces READ COMMITTED, for consistent snapshots.
	RepeatableRead bool
	// LockWaitTimeout bounds the wait for a row lock and for a metadata lock;
	// it is rounded up to a second. 0 leaves the server's own.
	LockWaitTimeout time.Duration
	// Vars are further assignments for SET SESSION ("unique_checks=1").
	Vars []string
}

// Connect opens a connection and sets its session up.
func Connect(ctx context.Context, ep mysqldb.Endpoint, s Session) (*Conn, error) {
	c, err := connect(ctx, ep)
	if err != nil {
		return nil, mysqldb.WrapConnect(ep, cause(ctx, err))
	}
	if err := c.setUp(ctx, s, ep.Writer); err != nil {
		c.Kill()
		return nil, mysqldb.WrapSession(ep, err)
	}
	return c, nil
}

func connect(ctx context.Context, ep mysqldb.Endpoint) (_ *Conn, err error) {
	password := ""
	if ep.Password != nil {
		if password, err = ep.Password(ctx); err != nil {
			return nil, mysqldb.PasswordFailed(err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	nc, ep, err := ep.Connect(ctx)
	if err != nil {
		return nil, err
	}
	watched := nc
	if !ep.Secure() {
		watched = &noClearText{Conn: nc}
	}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	// go-mysql indexes handshake packets without looking at their length.
	defer func() {
		if p := recover(); p != nil {
			nc.Close()
			err = fmt.Errorf("malformed handshake: %v", p)
		}
	}()
	gc, err := client.ConnectWithDialer(ctx, ep.Network, ep.Addr, ep.User, password, "",
		func(context.Context, string, string) (net.Conn, error) { return watched, nil },
		func(gc *client.Conn) error { return negotiate(gc, ep) })
	if err != nil {
		nc.Close()
		if my, ok := errors.AsType[*mysql.MyError](err); ok {
			return nil, &Error{Code: my.Code, State: my.State, Message: my.Message}
		}
		return nil, err
	}
	// The server says nothing after the handshake until it is asked, so nothing
	// is left behind in go-mysql's read buffer. Its inner connection is the TLS
	// one where there is TLS.
	in := gc.Conn.Conn
	if ep.TLS == nil {
		in = nc
	}
	return newConn(in, ep.Name, gc.GetConnectionID(), strings.TrimRight(gc.GetServerVersion(), "\x00")), nil
}

func negotiate(gc *client.Conn, ep mysqldb.Endpoint) error {
	if ep.TLS != nil {
		gc.SetTLSConfig(ep.TLS)
	}
	// With query attributes every COM_QUERY would have to carry a (mostly empty)
	// list, and without DEPRECATE_EOF result sets look the same on 5.6 and 9.7.
	gc.UnsetCapability(mysql.CLIENT_QUERY_ATTRIBUTES)
	gc.UnsetCapability(mysql.CLIENT_DEPRECATE_EOF)
	gc.SetAttributes(map[string]string{"program_name": "tandem"})
	for _, capability := range []uint32{
		mysql.CLIENT_FOUND_ROWS, mysql.CLIENT_MULTI_STATEMENTS, mysql.CLIENT_MULTI_RESULTS, mysql.CLIENT_LOCAL_FILES,
	} {
		if err := gc.SetCapability(capability); err != nil {
			return err
		}
	}
	return nil
}

func newConn(nc net.Conn, endpoint string, id uint32, version string) *Conn {
	return &Conn{
		nc:       nc,
		r:        bufio.NewReaderSize(nc, readBuffer),
		w:        bufio.NewWriterSize(nc, writeBuffer),
		endpoint: endpoint,
		id:       id,
		version:  version,
	}
}

// setUp makes the session independent of the server's defaults.
func (c *Conn) setUp(ctx context.Context, s Session, writer bool) error {
	sql := s.statements(writer)
	if err := c.ExecMulti(ctx, []byte(sql), func(int, Result) error { return nil }); err != nil {
		return err
	}
	return c.Query(ctx, []byte("SELECT @@max_allowed_packet"), func(v [][]byte) error {
		n, err := strconv.Atoi(string(v[0]))
		c.maxPacket = n
		return err
	})
}

func (s Session) statements(writer bool) string {
	vars := []string{
		mysqldb.TimeZone(writer),
		mysqldb.Mark,
		"sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'",
		"autocommit=1",
		"wait_timeout=28800",
		"net_read_timeout=3600",
		"net_write_timeout=3600",
		"sql_safe_updates=0",
		"foreign_key_checks=" + bit(s.ForeignKeyChecks),
	}
	if s.LockWaitTimeout > 0 {
		seconds := strconv.Itoa(int((s.LockWaitTimeout + time.Second - 1) / time.Second))
		vars = append(vars, "innodb_lock_wait_timeout="+seconds, "lock_wait_timeout="+seconds)
	}
	vars = append(vars, s.Vars...)
	isolation := "READ COMMITTED"
	if s.RepeatableRead {
		isolation = "REPEATABLE READ"
	}
	if s.ReadOnly {
		isolation += ", READ ONLY"
	}
	return "SET NAMES binary; SET SESSION " + strings.Join(vars, ", ") +
		"; SET SESSION TRANSACTION ISOLATION LEVEL " + isolation +
		"; /*!50708 SET SESSION max_execution_time=0 */"
}

func bit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}
