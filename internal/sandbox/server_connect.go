package sandbox

import (
	"database/sql"
	"net"
	"strconv"

	"github.com/go-sql-driver/mysql"
)

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort(s.Host(), strconv.Itoa(s.Port)) }

// Host is the loopback address it listens on.
func (s *Server) Host() string { return "127.0.0.1" }

// Password is that of the tandem and application users.
func (s *Server) Password() string { return s.opts.Password }

// Config is how go-sql-driver/mysql connects as a user, for callers that want
// to add to it.
func (s *Server) Config(user, database string) *mysql.Config {
	config := mysql.NewConfig()
	config.User, config.Passwd = user, s.opts.Password
	config.Net, config.Addr = "tcp", s.Addr()
	config.DBName = database
	return config
}

// DSN is a go-sql-driver/mysql data source name for a user of the sandbox.
func (s *Server) DSN(user, database string) string { return s.Config(user, database).FormatDSN() }

// RootDB is a pool of root connections over the socket. The server owns it: do
// not close it. It ends with Stop, Kill and Restart; ask again after those.
func (s *Server) RootDB() (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root != nil {
		return s.root, nil
	}
	config := s.RootConfig()
	config.Logger = &mysql.NopLogger{} // refused connections are expected while starting
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	s.root = sql.OpenDB(connector)
	return s.root, nil
}

// RootConfig is how go-sql-driver/mysql connects as root.
func (s *Server) RootConfig() *mysql.Config {
	config := mysql.NewConfig()
	config.User = "root"
	config.Net, config.Addr = "unix", s.Socket
	if s.container != nil {
		config.Net, config.Addr = "tcp", s.Addr()
		config.Passwd = s.opts.Password
	}
	config.MultiStatements = true
	return config
}
