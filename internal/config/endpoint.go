package config

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// Endpoint is one database server and how to log in to it. Exactly one of Host
// (with Port), Socket, DSN, CloudSQL and Aurora says where it is.
type Endpoint struct {
	Host     string    `yaml:"host"`
	Port     int       `yaml:"port"`
	Socket   Path      `yaml:"socket"`
	DSN      DSN       `yaml:"dsn"`
	CloudSQL *CloudSQL `yaml:"cloudsql"`
	Aurora   *Aurora   `yaml:"aurora"`
	User     string    `yaml:"user"`
	Password Password  `yaml:"password"`
	TLS      TLS       `yaml:"tls"`

	key string // "source", "source.read_from" or "target", for messages
	dir string // the folder of the file
}

// DefaultPort is MySQL's.
const DefaultPort = 3306

func (*Endpoint) alternatives() [][]string {
	return [][]string{{"host", "port"}, {"socket"}, {"dsn"}, {"cloudsql"}, {"aurora"}}
}

// Key returns the key of the endpoint in the file: source, source.read_from or
// target.
func (e Endpoint) Key() string { return e.key }

// The networks of endpoints that a cloud's name stands for: nobody dials them
// without knowing what the name leads to.
const (
	NetworkCloudSQL = "cloudsql"
	NetworkAurora   = "aurora"
)

// Dial returns the network and address to connect to. Those of a cloud endpoint
// are its network, above, and the cloud's name for it.
func (e Endpoint) Dial() (network, address string) {
	switch {
	case e.CloudSQL != nil:
		return NetworkCloudSQL, e.CloudSQL.Instance
	case e.Aurora != nil:
		return NetworkAurora, e.Aurora.name()
	case e.Socket != "":
		return "unix", string(e.Socket)
	default:
		return "tcp", net.JoinHostPort(e.Host, strconv.Itoa(e.port()))
	}
}

// Writer tells whether a server that only reads its cluster's storage must be
// refused: where a name follows the writer, it leads to the old one for a moment
// after a failover. A read_from may be such a server.
func (e Endpoint) Writer() bool {
	if e.key == "source.read_from" {
		return false
	}
	return e.Aurora != nil || auroraPattern.MatchString(e.Host)
}

// managed tells whether the server is one of RDS, whose certificates an authority
// of its own has signed.
func (e Endpoint) managed() bool {
	return e.Aurora != nil || rdsPattern.MatchString(e.Host)
}

// String names the server for a person: host:port, the socket, or the cloud's
// own name for it.
func (e Endpoint) String() string {
	switch {
	case e.CloudSQL != nil:
		return "Cloud SQL instance " + e.CloudSQL.Instance
	case e.Aurora != nil:
		return "Aurora cluster " + e.Aurora.name()
	case e.Socket != "":
		return string(e.Socket)
	default:
		return net.JoinHostPort(e.Host, strconv.Itoa(e.port()))
	}
}

// Local reports whether the server is reached without leaving this machine.
func (e Endpoint) Local() bool {
	if e.Socket != "" || e.Host == "localhost" {
		return true
	}
	ip := net.ParseIP(e.Host)
	return ip != nil && ip.IsLoopback()
}

func (e Endpoint) port() int {
	if e.Port == 0 {
		return DefaultPort
	}
	return e.Port
}

// identity is equal for two endpoints that are certainly the same server.
func (e Endpoint) identity() string {
	if e.Host == "" && e.Socket == "" && e.CloudSQL == nil && e.Aurora == nil {
		return ""
	}
	return strings.ToLower(e.String())
}

// auroraPattern is the shape of a cluster's writer endpoint; those of readers have
// cluster-ro, those that a person made cluster-custom.
var (
	auroraPattern = regexp.MustCompile(`(?i)\.cluster-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com(\.cn)?\.?$`)
	rdsPattern    = regexp.MustCompile(`(?i)\.rds\.amazonaws\.com(\.cn)?\.?$`)
)

var hostPattern = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$`)

func (e *Endpoint) validate(path string, c *checker) {
	if c.failed(path) {
		return // the mapping itself could not be read
	}
	if e.identity() == "" && !c.failed(path+".dsn") {
		c.missing(path+".host", "say where the server is: host:, socket:, dsn:, cloudsql: or aurora:")
	}
	if e.Host == "" && e.Port != 0 {
		c.add(path+".port", "port is given without a host", "write host: too")
	}
	if e.Port < 0 || e.Port > 65535 {
		c.add(path+".port", fmt.Sprintf("%d is not a port", e.Port), "write a number from 1 to 65535")
	}
	if e.Host != "" {
		e.validateHost(path+".host", c)
	}
	if e.User == "" && !c.failed(path+".dsn") {
		c.missing(path+".user", "write the name of tandem's database user, such as user: tandem")
	}
	if e.CloudSQL != nil {
		e.CloudSQL.validate(path+".cloudsql", c)
	}
	if e.Aurora != nil {
		e.Aurora.validate(path+".aurora", c)
	}
	e.Password.validate(path+".password", c)
	if e.Password.IAM && e.CloudSQL == nil && e.Aurora == nil {
		c.add(path+".password.iam", "iam needs to know the cloud the server is in", "write cloudsql: or aurora: instead of the host")
	}
	if e.Password.IAM && e.CloudSQL != nil && strings.Contains(e.User, "@") {
		c.add(path+".user", "users of Cloud SQL that log in with IAM have no domain", "write the part before the @: "+strings.SplitN(e.User, "@", 2)[0])
	}
	if e.Password.IAM && e.Aurora != nil && e.TLS.Mode == TLSOff {
		c.add(path+".tls.mode", "a token of IAM goes over the wire as it is, and tls is off", "take mode: off out, or log in with a password")
	}
	e.TLS.validate(path+".tls", c)
}

func (e *Endpoint) validateHost(path string, c *checker) {
	if net.ParseIP(e.Host) != nil || hostPattern.MatchString(e.Host) {
		return
	}
	hint := "write a host name or an IP address"
	if strings.Contains(e.Host, "://") {
		hint = "write a URL as dsn:"
	} else if h, p, err := net.SplitHostPort(e.Host); err == nil {
		hint = fmt.Sprintf("write host: %s and port: %s", h, p)
	} else if strings.HasPrefix(e.Host, "/") {
		hint = "write a path as socket:"
	} else if strings.Count(e.Host, ":") == 2 {
		hint = "write a Cloud SQL instance as cloudsql: {instance: …}"
	}
	c.add(path, fmt.Sprintf("%q is not a host", e.Host), hint)
}

// complete fills in what follows from what was said. A read_from takes over
// user, password and TLS files of its source where it has none of its own.
func (e *Endpoint) complete(path string, parent *Endpoint, o *originBook) {
	e.key = path
	e.DSN.fill(path, e, o)
	if parent != nil {
		if e.User == "" {
			e.User = parent.User
			o.inherit(path+".user", parent.key+".user")
		}
		if e.Password.isZero() {
			e.Password = parent.Password
			o.inherit(path+".password", parent.key+".password")
		}
		if e.TLS == (TLS{}) && e.Local() == parent.Local() {
			e.TLS = parent.TLS
			o.inherit(path+".tls", parent.key+".tls")
		}
	}
	if e.Host != "" && e.Port == 0 {
		e.Port = DefaultPort
		o.byDefault(path + ".port")
	}
	if e.TLS.Mode == "" {
		e.TLS.Mode = TLSVerifyFull
		// Who gives a certificate for a server on this machine means it.
		if e.Socket != "" || e.Local() && e.TLS == (TLS{Mode: TLSVerifyFull}) {
			e.TLS.Mode = TLSOff
		}
		o.byDefault(path + ".tls.mode")
	}
	e.Password.key = path + ".password"
}
