package mysqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Options say how a pool differs from the usual one. The zero value is fine.
type Options struct {
	// Database is the default database; empty for none.
	Database string
	// MaxConns bounds the pool; 0 means 8.
	MaxConns int
	// ConnectTimeout bounds one dial; 0 means 10 seconds.
	ConnectTimeout time.Duration
	// LockWait is how long a statement waits for a row or metadata lock; 0
	// leaves the server's own values. Whole seconds.
	LockWait time.Duration
}

const (
	defaultMaxConns       = 8
	defaultConnectTimeout = 10 * time.Second
	// idleTime is shorter than the idle timeouts of tunnels and load balancers.
	idleTime = 4 * time.Minute
)

// Open returns a pool of connections to e, after the first one has been made:
// so a wrong address or password is known at once, as an [UnreachableError] or
// an [AccessDeniedError]. Close the pool when done.
func Open(ctx context.Context, e Endpoint, o Options) (*sql.DB, error) {
	c, err := newConnector(e, o)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	n := o.MaxConns
	if n <= 0 {
		n = defaultMaxConns
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	db.SetConnMaxIdleTime(idleTime)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(connectError(e, err), db.Close())
	}
	return db, nil
}

// connector makes connections as the driver does, and finishes their session.
type connector struct {
	driver.Connector
	endpoint Endpoint
	session  string
	// readOnly counts how often a server has turned out to take no writes.
	readOnly atomic.Uint64
}

func newConnector(e Endpoint, o Options) (*connector, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName = e.Network, e.Addr, e.User, o.Database
	if cfg.Net == "" {
		cfg.Net = "tcp"
	}
	cfg.TLS = e.TLS
	cfg.Timeout = o.ConnectTimeout
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultConnectTimeout
	}
	// Arguments are sent inside the statement: one round trip instead of three,
	// and it works for statements that can not be prepared.
	cfg.InterpolateParams = true
	// A cloud's token goes over the wire as it is, so only where it is safe: in
	// TLS, or in a tunnel that brings its own.
	cfg.AllowCleartextPasswords = e.Secure()
	// What the driver has to say comes back as errors, too.
	cfg.Logger = &mysql.NopLogger{}
	cfg.DialFunc = e.dialer()
	opts := []mysql.Option{mysql.Charset("utf8mb4", "")}
	if e.Password != nil || e.Locate != nil {
		opts = append(opts, mysql.BeforeConnect(func(ctx context.Context, c *mysql.Config) error { return beforeConnect(ctx, e, c) }))
	}
	if err := cfg.Apply(opts...); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", e.Name, err)
	}
	inner, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", e.Name, err)
	}
	return &connector{Connector: inner, endpoint: e, session: sessionSQL(o, e.Writer)}, nil
}

// beforeConnect asks what may be different at each connection.
func beforeConnect(ctx context.Context, e Endpoint, c *mysql.Config) error {
	at, err := e.located(ctx)
	if err != nil {
		return err
	}
	c.Addr, c.TLS = at.Addr, at.TLS
	if e.Password == nil {
		return nil
	}
	if c.Passwd, err = e.Password(ctx); err != nil {
		return &passwordError{err}
	}
	return nil
}

// Connect implements driver.Connector. Its errors are those of [Open].
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, connectError(c.endpoint, err)
	}
	full, ok := conn.(driverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("connect to %s: the driver lacks what pools need", c.endpoint.Name), conn.Close())
	}
	seen := c.readOnly.Load()
	if _, err := full.ExecContext(ctx, c.session, nil); err != nil {
		return nil, errors.Join(WrapSession(c.endpoint, err), conn.Close())
	}
	return &pooledConn{driverConn: full, pool: c, born: seen}, nil
}

// PermissiveMode is the sql_mode under which every value that some server
// once stored can be stored again.
const PermissiveMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"

// Mark is what every session of tandem's sets: the guards on tables let it pass.
const Mark = "@tandem='1'"

// sessionSQL is one statement that every server from 5.6 on understands:
// what is newer stands in version comments.
func sessionSQL(o Options, writer bool) string {
	s := "SET SESSION " + TimeZone(writer) + ", sql_mode='" + PermissiveMode + "', " + Mark +
		", sql_quote_show_create=1, group_concat_max_len=4194304" +
		", wait_timeout=28800, net_read_timeout=600, net_write_timeout=600" +
		" /*!50708 , max_execution_time=0 */" +
		" /*!80000 , information_schema_stats_expiry=0 */" +
		" /*!80030 , show_gipk_in_create_table_and_information_schema=1 */"
	if o.LockWait > 0 {
		seconds := max(1, int(o.LockWait/time.Second))
		s += fmt.Sprintf(", lock_wait_timeout=%d, innodb_lock_wait_timeout=%d", seconds, seconds)
	}
	return s
}
