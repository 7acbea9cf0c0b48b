package config

import (
	"fmt"
	"strings"
	"testing"
)

func load(t *testing.T, source string) *Config {
	t.Helper()
	cfg, err := Parse("tandem.yaml", []byte("version: 1\nmigration: m\nsource: {"+source+
		"}\ntarget: {host: t.example.com, user: tandem}\ntables: {include: [\"a.*\"]}\n"), noEnv, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDial(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"host: db.example.com, user: u":                     "tcp db.example.com:3306 u verify-full",
		"host: 127.0.0.1, port: 40001, user: u":             "tcp 127.0.0.1:40001 u off",
		"host: localhost, user: u, tls: {mode: require}":    "tcp localhost:3306 u require",
		`host: "::1", user: u`:                              "tcp [::1]:3306 u off",
		"socket: /run/m.sock, user: u":                      "unix /run/m.sock u off",
		`dsn: "mysql://tandem@h:3307"`:                      "tcp h:3307 tandem verify-full",
		`dsn: "mysql://h/", user: u`:                        "tcp h:3306 u verify-full",
		`dsn: "mysql://tandem@h", user: other`:              "tcp h:3306 other verify-full",
		`dsn: "tandem@tcp(10.0.0.1:3308)/"`:                 "tcp 10.0.0.1:3308 tandem verify-full",
		`dsn: "tandem@tcp(10.0.0.1)"`:                       "tcp 10.0.0.1:3306 tandem verify-full",
		`dsn: "tandem@unix(/run/m.sock)/"`:                  "unix /run/m.sock tandem off",
		`dsn: "tandem@tcp([::1]:3309)/"`:                    "tcp [::1]:3309 tandem off",
		`dsn: "mysql://tandem@[::1]:3309"`:                  "tcp [::1]:3309 tandem off",
		"host: 127.0.0.53, user: u, tls: {mode: verify-ca}": "tcp 127.0.0.53:3306 u verify-ca",
	} {
		cfg := load(t, source)
		network, address := cfg.Source.Dial()
		if got := fmt.Sprint(network, " ", address, " ", cfg.Source.User, " ", cfg.Source.TLS.Mode); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

func TestBadDSN(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"mysql://u:hunter2@h", "u:hunter2@tcp(h)/", "u:hun@ter2@tcp(h)/", "mysql://h/courier", "u@tcp(h)/courier",
		"u@tcp(h)/?tls=true", "h", "u@h", "postgres://h", "mysql://h:99999", "u@tcp(h:0)/", "u@pipe(x)/", "mysql://%zz:hunter2@h", "u@tcp(h"} {
		var d DSN
		err := d.set(text)
		if err == nil {
			t.Errorf("%s is accepted as %+v", text, d)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

func TestReadFromTakesOver(t *testing.T) {
	t.Parallel()
	cfg := load(t, "host: s.example.com, user: u, password: {env: P}, tls: {mode: verify-ca, ca: /ca.pem}, read_from: {host: r.example.com}")
	r := cfg.Source.Reader()
	if r.Host != "r.example.com" || r.User != "u" || r.Password.Env != "P" || r.TLS.CA != "/ca.pem" || r.Key() != "source.read_from" {
		t.Errorf("reader is %+v", r)
	}
	if got := load(t, "host: s.example.com, user: u").Source.Reader(); got.Host != "s.example.com" {
		t.Errorf("without read_from the reader is %s", got)
	}
	own := load(t, "host: s, user: u, password: {env: P}, read_from: {host: 127.0.0.1, user: v, password: {env: Q}}").Source.Reader()
	if own.User != "v" || own.Password.Env != "Q" || own.TLS.Mode != TLSOff {
		t.Errorf("reader is %+v", own)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"64MiB": "64MiB", "1GiB": "1GiB", "500kB": "500000B", "0": "0B", "1024": "1KiB",
		"1.5 MiB": "1536KiB", "4 mib": "4MiB", "x": "", "-1": "", "1 PiB": "", "MiB": "", "9e30": "", "NaN": "", "1e3": ""} {
		var b Bytes
		err := b.set(text)
		if (err == nil) != (want != "") || err == nil && b.String() != want {
			t.Errorf("%q: %s, %v; want %q", text, b, err, want)
		}
	}
	for text, want := range map[string]string{"5s": "5s", "10m": "10m", "2h": "2h", "90s": "1m30s", "500ms": "500ms", "5": "", "-1s": ""} {
		var d Duration
		err := d.set(text)
		if (err == nil) != (want != "") || err == nil && d.String() != want {
			t.Errorf("%q: %s, %v; want %q", text, d, err, want)
		}
	}
}
