package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func envOf(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

const layered = `version: 1
migration: courier
source: {host: file.example.com, port: 3307, user: file, password: {file: pw}, tls: {ca: ca.pem}}
target: {socket: run/t.sock, user: tandem}
tables: {include: ["courier.*"]}
replicate: {copy: {workers: 5}}
`

func TestPrecedence(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"TANDEM_SOURCE_HOST":            "env.example.com",
		"TANDEM_SOURCE_USER":            "env",
		"TANDEM_REPLICATE_COPY_WORKERS": "6",
		"TANDEM_TABLES_EXCLUDE":         "courier.a, courier.b_*",
	}
	flags := Overrides{
		{Path: "source.user", Text: "first", Flag: "--set source.user"},
		{Path: "source.user", Text: "flag", Flag: "--set source.user"},
	}
	cfg, err := Parse("etc/tandem.yaml", []byte(layered), envOf(env), flags)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range cfg.Values() {
		got[v.Path] = v.Origin.String() + " " + asText(v.Value)
	}
	want := map[string]string{
		"version":                            "etc/tandem.yaml:1:1 1",
		"migration":                          "etc/tandem.yaml:2:1 courier",
		"source.host":                        "TANDEM_SOURCE_HOST env.example.com",
		"source.port":                        "etc/tandem.yaml:3:34 3307",
		"source.user":                        "--set source.user flag",
		"source.password.file":               "etc/tandem.yaml:3:69 etc/pw",
		"source.tls.ca":                      "etc/tandem.yaml:3:86 etc/ca.pem",
		"source.tls.mode":                    "default verify-full",
		"target.socket":                      "etc/tandem.yaml:4:10 etc/run/t.sock",
		"target.user":                        "etc/tandem.yaml:4:30 tandem",
		"target.tls.mode":                    "default off",
		"tables.include":                     "etc/tandem.yaml:5:10 courier.*",
		"tables.exclude":                     "TANDEM_TABLES_EXCLUDE courier.a courier.b_*",
		"replicate.copy.workers":             "TANDEM_REPLICATE_COPY_WORKERS 6",
		"replicate.copy.chunk_bytes":         "default 4MiB",
		"replicate.spool.dir":                "default etc/.tandem/spool",
		"replicate.spool.memory":             "default 16MiB",
		"replicate.throttle.commit_latency":  "default 2s",
		"replicate.throttle.source_history":  "default 1000000",
		"replicate.throttle.stream_lag":      "default 1m",
		"replicate.throttle.target_history":  "default 1000000",
		"replicate.throttle.threads_running": "default 200",
		"replicate.on_ddl":                   "default apply",
		"replicate.validate":                 "default true",
		"replicate.on_conflict":              "default stop",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func asText(v any) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(v, " ")
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

func TestAlternativesReplaceEachOtherAcrossLayers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env   map[string]string
		flags Overrides
		check func(*Config) bool
	}{
		"socket for host": {env: map[string]string{"TANDEM_SOURCE_SOCKET": "/run/s.sock"},
			check: func(c *Config) bool {
				return c.Source.String() == "/run/s.sock" && c.Source.Host == "" && c.Source.Port == 0
			}},
		"host for socket": {env: map[string]string{"TANDEM_TARGET_HOST": "h"},
			check: func(c *Config) bool { return c.Target.String() == "h:3306" }},
		"port alone keeps the host": {env: map[string]string{"TANDEM_SOURCE_PORT": "4000"},
			check: func(c *Config) bool { return c.Source.String() == "file.example.com:4000" }},
		"dsn for host": {env: map[string]string{"TANDEM_SOURCE_DSN": "mysql://other@h:4001"},
			check: func(c *Config) bool { return c.Source.String() == "h:4001" && c.Source.User == "file" }},
		"cloudsql for host": {env: map[string]string{"TANDEM_SOURCE_CLOUDSQL_INSTANCE": "example:us-central1:x"},
			check: func(c *Config) bool { return c.Source.CloudSQL != nil && c.Source.Host == "" && c.Source.Port == 0 }},
		"flag for environment": {env: map[string]string{"TANDEM_SOURCE_SOCKET": "/run/s.sock"}, flags: Overrides{{Path: "source.host", Text: "h", Flag: "--set"}},
			check: func(c *Config) bool { return c.Source.String() == "h:3306" }},
		"password variable for file": {env: map[string]string{"TANDEM_SOURCE_PASSWORD": "hunter2"},
			check: func(c *Config) bool {
				return c.Source.Password.Env == "TANDEM_SOURCE_PASSWORD" && c.Source.Password.File == ""
			}},
		"password env for file": {env: map[string]string{"TANDEM_SOURCE_PASSWORD_ENV": "OTHER"},
			check: func(c *Config) bool { return c.Source.Password.Env == "OTHER" && c.Source.Password.File == "" }},
		"read_from from the environment": {env: map[string]string{"TANDEM_SOURCE_READ_FROM_HOST": "replica"},
			check: func(c *Config) bool {
				r := c.Source.Reader()
				return r.String() == "replica:3306" && r.User == "file" && r.Password.File == "etc/pw" && r.TLS.CA == "etc/ca.pem"
			}},
		"a broken value is replaced": {flags: Overrides{{Path: "replicate.copy.workers", Text: "8", Flag: "--set"}}, env: map[string]string{"TANDEM_REPLICATE_COPY_WORKERS": "8"},
			check: func(c *Config) bool { return c.Replicate.Copy.Workers == 8 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := Parse("etc/tandem.yaml", []byte(layered), envOf(c.env), c.flags)
			if err != nil {
				t.Fatal(err)
			}
			if !c.check(cfg) {
				t.Errorf("got source %s %+v target %s", cfg.Source, cfg.Source, cfg.Target)
			}
		})
	}
}

func TestBadLayers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env   map[string]string
		flags Overrides
		want  string
	}{
		{env: map[string]string{"TANDEM_SOURCE_PORT": "x"}, want: `TANDEM_SOURCE_PORT: source.port: a whole number is needed, not "x"`},
		{env: map[string]string{"TANDEM_SOURCE_HOST": "a b"}, want: `TANDEM_SOURCE_HOST: source.host: "a b" is not a host`},
		{env: map[string]string{"TANDEM_TABLES_INCLUDE": "courier"}, want: `TANDEM_TABLES_INCLUDE: tables.include: pattern "courier" has no table`},
		{env: map[string]string{"TANDEM_SOURCE_HOST": "a", "TANDEM_SOURCE_SOCKET": "/b"}, want: "TANDEM_SOURCE_SOCKET: source.socket: socket and host exclude each other"},
		{env: map[string]string{"TANDEM_SOURCE_DSN": "mysql://u:hunter2@h"}, want: "TANDEM_SOURCE_DSN: source.dsn: a dsn with a password in it"},
		{flags: Overrides{{Path: "source.prot", Text: "1", Flag: "--set source.prot"}}, want: "--set source.prot: unknown key\n  hint: did you mean source.port?"},
		{flags: Overrides{{Path: "source.password", Text: "hunter2", Flag: "--set source.password"}}, want: "--set source.password: a password itself may not stand here"},
		{flags: Overrides{{Path: "source.password.iam", Text: "hunter2", Flag: "--set source.password.iam"}}, want: "--set source.password.iam: true or false is needed, not ***"},
	} {
		_, err := Parse("tandem.yaml", []byte(layered), envOf(c.env), c.flags)
		var problems *Problems
		if !errors.As(err, &problems) {
			t.Errorf("%v %v: error is %v", c.env, c.flags, err)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %v: error is\n%v\nwant\n%s", c.env, c.flags, err, c.want)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

func TestVariableNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, l := range leaves() {
		name := VariableName(l.path)
		if other, ok := seen[name]; ok {
			t.Errorf("%s is the variable of %s and %s", name, other, l.path)
		}
		seen[name] = l.path
	}
	for _, reserved := range []string{"TANDEM_CONFIG", "TANDEM_MYSQLD", "TANDEM_MYSQLD56", "TANDEM_CACHE"} {
		if path, ok := seen[reserved]; ok {
			t.Errorf("%s, which means something else, is the variable of %s", reserved, path)
		}
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	_, err := Load(filepath.Join(t.TempDir(), "tandem.yaml"), noEnv, nil)
	if !errors.Is(err, ErrNoFile) || !strings.Contains(hintOf(err), "tandem init") {
		t.Errorf("error is %v with hint %q", err, hintOf(err))
	}
}

func TestHugeFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tandem.yaml")
	if err := os.WriteFile(file, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(file, noEnv, nil)
	var problems *Problems
	if !errors.As(err, &problems) || !strings.Contains(err.Error(), "larger than 256 KiB") {
		t.Errorf("error is %v", err)
	}
}
