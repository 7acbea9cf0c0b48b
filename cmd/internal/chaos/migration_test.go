package chaos

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
)

// migration is a folder with a tandem.yaml, whose servers are reached through
// proxies.
type migration struct {
	t      testing.TB
	dir    string
	name   string
	pair   *sandbox.Pair
	source *fault.Proxy
	target *fault.Proxy
	lives  int
}

// settings are the further lines of a tandem.yaml.
type settings struct {
	databases  []string
	workers    int
	chunkBytes string
	spool      string // the memory of the spool
	spoolDir   string
	tls        bool
}

// newMigration opens the proxies and writes the tandem.yaml.
func newMigration(t testing.TB, pair *sandbox.Pair, name string, s settings) *migration {
	t.Helper()
	m := &migration{t: t, dir: t.TempDir(), name: name, pair: pair}
	m.source, m.target = proxy(t, pair.Source), proxy(t, pair.Target)
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nmigration: %s\n", name)
	for _, side := range []struct {
		server *sandbox.Server
		proxy  *fault.Proxy
	}{{pair.Source, m.source}, {pair.Target, m.target}} {
		m.write(side.server.Name()+".password", side.server.Password()+"\n")
		fmt.Fprintf(&b, "%s:\n  host: 127.0.0.1\n  port: %d\n  user: %s\n  password: {file: %s.password}\n",
			side.server.Name(), side.proxy.Port(), sandbox.UserTandem, side.server.Name())
		if s.tls {
			fmt.Fprintf(&b, "  tls: {mode: require}\n")
		}
	}
	var include []string
	for _, database := range s.databases {
		include = append(include, `"`+database+`.*"`)
	}
	fmt.Fprintf(&b, "tables:\n  include: [%s]\nreplicate:\n", strings.Join(include, ", "))
	fmt.Fprintf(&b, "  copy: {workers: %d, chunk_bytes: %s}\n", max(1, s.workers), or(s.chunkBytes, "64KiB"))
	fmt.Fprintf(&b, "  spool: {memory: %s, dir: %s}\n", or(s.spool, "16MiB"), or(s.spoolDir, "spool"))
	m.write("tandem.yaml", b.String())
	return m
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (m *migration) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// link is what the migration's forward link is called in the state it keeps.
func (m *migration) link() string { return m.name + "/forward" }

// calm puts both lines right and cuts what hangs.
func (m *migration) calm() {
	for _, p := range []*fault.Proxy{m.source, m.target} {
		p.Set(fault.Conditions{})
	}
}

func proxy(t testing.TB, server *sandbox.Server) *fault.Proxy {
	t.Helper()
	p, err := fault.Listen(net.JoinHostPort(server.Host(), fmt.Sprint(server.Port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}
