package mysqldb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

// UnreachableError says that no connection to a server can be had: nobody
// answers, or the answer is not that of a server that takes connections.
type UnreachableError struct {
	Endpoint Endpoint
	Err      error
}

// Error implements error.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("connect to %s: %v", e.Endpoint.where(), e.Err)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// Hint says what to look at.
func (e *UnreachableError) Hint() string {
	var dns *net.DNSError
	var hostname x509.HostnameError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	side := e.Endpoint.Side()
	var knows interface {
		error
		Hint() string
	}
	switch {
	case errors.As(e.Err, &knows) && knows.Hint() != "":
		return "" // what lies below knows better
	case errors.As(e.Err, new(*passwordError)):
		return "no log-in was tried: where " + side + ".password comes from does not answer"
	case errors.As(e.Err, &dns):
		return "check the host name of the " + side
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "nothing listens there: check host and port of the " + side + ", and that the server runs"
	case errors.Is(e.Err, syscall.ENOENT):
		return "there is no such socket: check the path, and that the server runs"
	case errors.As(e.Err, &hostname), errors.As(e.Err, &authority), errors.As(e.Err, &record):
		if errors.As(e.Err, &authority) && e.Endpoint.Authority != "" {
			return e.Endpoint.Authority
		}
		return "the server's certificate does not fit: check tls.mode and tls.ca of the " + side
	}
	switch code, _ := Code(e.Err); code {
	case codeTooManyConnections, codeTooManyUserConnections, codeUserLimitReached:
		return "the server has no connection left: raise max_connections, or end idle sessions"
	case codeHostBlocked:
		return "the server has blocked this host after many errors: run FLUSH HOSTS (5.6) or TRUNCATE performance_schema.host_cache there"
	case codeShutdown:
		return "the server is shutting down; try again when it is up"
	}
	switch {
	case e.Endpoint.Tunnel:
		return "check the name of the instance, and that this machine may reach it by the way that the file names (port 3307)"
	case e.Endpoint.Locate != nil:
		return "check the cluster's name and region, and that its security group lets this machine through"
	}
	return "check host and port of the " + side + ", and that a firewall lets this machine through"
}

// AccessDeniedError says that a server was reached and let the user not in.
type AccessDeniedError struct {
	Endpoint Endpoint
	Err      error
}

// Error implements error.
func (e *AccessDeniedError) Error() string {
	return fmt.Sprintf("log in to %s: %v", e.Endpoint.where(), e.Err)
}

// Unwrap returns the cause.
func (e *AccessDeniedError) Unwrap() error { return e.Err }

// Hint says what to look at.
func (e *AccessDeniedError) Hint() string {
	var p *passwordError
	side := e.Endpoint.Side()
	switch code, _ := Code(e.Err); {
	case errors.As(e.Err, &p):
		return "no log-in was tried: check where " + side + ".password comes from"
	case errors.Is(e.Err, mysql.ErrNoTLS):
		return "the server offers no encryption: set tls.mode of the " + side
	case code == codeSecureTransport:
		return "the server takes encrypted connections only: set tls.mode of the " + side
	case code == codeHostNotPrivileged:
		return "no account may log in from this machine: create the user for this host, or for '%'"
	case code == codeAccountLocked:
		return "the account is locked: ALTER USER ... ACCOUNT UNLOCK, or use another one"
	case code == codeUnknownDatabase, code == codeDatabaseAccess:
		return "check the database's name, and the user's grants on it"
	case code == codeMustChangePassword, code == codeMustChangePasswordLogin:
		return "the password has expired: ALTER USER ... IDENTIFIED BY a new one"
	}
	return "check user and password of the " + side + "; the account may also be allowed from other hosts only"
}

// passwordError says that the password could not be had in the first place.
type passwordError struct{ err error }

// passing is an error of a source of passwords that may be different in a moment:
// a secret store that does not answer.
type passing interface {
	error
	Passing() bool
}

func (e *passwordError) Error() string { return "get the password: " + e.err.Error() }
func (e *passwordError) Unwrap() error { return e.err }

// PasswordFailed gives an error of [Endpoint.Password] its type, for those who
// connect by other means than [Open].
func PasswordFailed(err error) error { return &passwordError{err} }

// WrapConnect gives an error of making a connection to e its type. It is for
// those who connect by other means than [Open]. An error that has one of the
// types already, and nil, come back as they are.
func WrapConnect(e Endpoint, err error) error { return connectError(e, err) }

func connectError(e Endpoint, err error) error {
	if err == nil {
		return nil
	}
	var u *UnreachableError
	var d *AccessDeniedError
	if errors.As(err, &u) || errors.As(err, &d) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("connect to %s: %w", e.where(), err)
	}
	if isRefusal(err) {
		return &AccessDeniedError{Endpoint: e, Err: err}
	}
	return &UnreachableError{Endpoint: e, Err: err}
}

// isRefusal tells whether somebody is there and says no.
func isRefusal(err error) bool {
	var p *passwordError
	if errors.As(err, &p) {
		may, ok := errors.AsType[passing](err)
		return !ok || !may.Passing()
	}
	if code, ok := Code(err); ok {
		switch code {
		case codeTooManyConnections, codeTooManyUserConnections, codeUserLimitReached, codeHostBlocked, codeShutdown:
			return false
		}
		return true
	}
	return isAuthMethod(err)
}

// Side returns source or target, for messages.
func (e Endpoint) Side() string {
	side, _, _ := strings.Cut(e.Name, " ")
	side, _, _ = strings.Cut(side, ".")
	if side == "" {
		return "server"
	}
	return side
}

// where says who tried to get in where.
func (e Endpoint) where() string {
	s := e.Name
	if s == "" {
		s = "server"
	}
	if !strings.Contains(s, e.Addr) {
		s += " " + e.Addr
	}
	if e.User == "" {
		return s
	}
	return s + " as user " + e.User
}
