package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// DSN is a server's address in one piece: mysql://user@host:port, or the form
// of the Go driver, user@tcp(host:port) or user@unix(/path). It is taken apart
// into the endpoint's other keys; passwords, a database and parameters have
// keys of their own and are refused here.
type DSN struct {
	text, user, host string
	port             int
	socket           string
}

var errPasswordInDSN = hinted(errors.New("a dsn with a password in it"),
	"take the password out and write where to get it, such as password: {env: TANDEM_PASSWORD} or password: {file: password.txt}")

// String returns the DSN as it was written.
func (d DSN) String() string { return d.text }

func (d *DSN) set(text string) error {
	parsed := DSN{text: text}
	var err error
	if strings.Contains(text, "://") {
		err = parsed.parseURL(text)
	} else {
		err = parsed.parseDriver(text)
	}
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

func (d *DSN) parseURL(text string) error {
	// The text may hold a password even where it cannot be parsed, so neither
	// it nor the parser's error, which quotes it, is repeated.
	u, err := url.Parse(text)
	if err != nil {
		return hinted(errors.New("the dsn is not a URL"), "write mysql://user@host:port")
	}
	if _, has := u.User.Password(); has {
		return errPasswordInDSN
	}
	if u.Scheme != "mysql" || u.Hostname() == "" {
		return hinted(errors.New("the dsn does not name a MySQL server"), "write mysql://user@host:port")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errDSNExtras
	}
	d.user, d.host = u.User.Username(), u.Hostname()
	return d.setPort(u.Port())
}

var errDSNExtras = hinted(errors.New("the dsn says more than user, host and port"),
	"databases go to tables:, TLS to tls:; other parameters are tandem's own business")

func (d *DSN) parseDriver(text string) error {
	login, address, _ := cutLast(text, "@")
	if address == "" {
		login, address = "", text
	}
	if strings.Contains(login, ":") {
		return errPasswordInDSN
	}
	d.user = login
	open, shut := strings.Index(address, "("), strings.LastIndex(address, ")")
	if open < 0 || shut < open {
		return hinted(errors.New("the dsn is not an address"), "write mysql://user@host:port or user@tcp(host:port)")
	}
	if rest := address[shut+1:]; rest != "" && rest != "/" {
		return errDSNExtras
	}
	where := address[open+1 : shut]
	switch network := address[:open]; network {
	case "unix":
		d.socket = where
		return nil
	case "tcp", "":
		host, port, err := net.SplitHostPort(where)
		if err != nil {
			host, port = where, ""
		}
		d.host = host
		return d.setPort(port)
	default:
		return hinted(fmt.Errorf("the dsn's network %q is not tcp or unix", network), "write user@tcp(host:port)")
	}
}

func (d *DSN) setPort(text string) error {
	if text == "" {
		return nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return hinted(errors.New("the dsn's port is not a number from 1 to 65535"), "")
	}
	d.port = port
	return nil
}

// fill hands the parts over to the endpoint. A user given by its own key wins.
func (d DSN) fill(path string, e *Endpoint, o *originBook) {
	if d.text == "" {
		return
	}
	e.Host, e.Port, e.Socket = d.host, d.port, Path(d.socket)
	for _, key := range []string{".host", ".port", ".socket"} {
		o.inherit(path+key, path+".dsn")
	}
	if e.User == "" {
		e.User = d.user
		o.inherit(path+".user", path+".dsn")
	}
}

func cutLast(text, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):], true
	}
	return text, "", false
}
