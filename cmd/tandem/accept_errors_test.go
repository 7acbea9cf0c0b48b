package main

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestMistakes makes each mistake that a person makes at the start. Each gets
// one clear error that says what to do and the documented exit code, and
// nothing is written to either server.
func TestMistakes(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	for _, server := range pair.Servers() {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, server, ""),
			"CREATE DATABASE shop", "CREATE TABLE shop.item (id INT PRIMARY KEY, v INT)", "CREATE TABLE shop.other (id INT PRIMARY KEY)")
	}
	root := func(server *sandbox.Server, statements ...string) func(*testing.T) {
		return func(t *testing.T) { sandboxtest.Exec(t, sandboxtest.RootDB(t, server, "shop"), statements...) }
	}
	for _, test := range []struct {
		name    string
		include string
		// spoil changes the migration, prepare the servers; undo takes that back.
		spoil   func(*testing.T, *migration)
		prepare func(*testing.T)
		undo    func(*testing.T)
		code    int
		says    []string
		never   []string
	}{
		{
			name: "wrong source password", code: 10,
			spoil: func(_ *testing.T, m *migration) { m.write("source.password", "not-the-word") },
			says:  []string{"source", "tandem", "password"}, never: []string{"not-the-word"},
		},
		{
			name: "wrong target password", code: 11,
			spoil: func(_ *testing.T, m *migration) { m.write("target.password", "not-the-word") },
			says:  []string{"target", "tandem", "password"}, never: []string{"not-the-word"},
		},
		{
			name: "no password file", code: 1,
			spoil: func(_ *testing.T, m *migration) { m.edit("{file: source.password}", "{file: missing.password}") },
			says:  []string{"missing.password"},
		},
		{
			name: "unreachable source", code: 10,
			spoil: func(t *testing.T, m *migration) { m.edit(portLine(pair.Source.Port), portLine(closedPort(t))) },
			says:  []string{"source", "127.0.0.1"},
		},
		{
			name: "unreachable target", code: 11,
			spoil: func(t *testing.T, m *migration) { m.edit(portLine(pair.Target.Port), portLine(closedPort(t))) },
			says:  []string{"target", "127.0.0.1"},
		},
		{
			name: "unknown host", code: 10,
			spoil: func(_ *testing.T, m *migration) { m.edit("host: 127.0.0.1", "host: no-such-host.invalid") },
			says:  []string{"source", "no-such-host.invalid"},
		},
		{
			name: "bad glob", code: 2, include: "shop",
			says: []string{"tandem.yaml:", `"shop"`, "shop.*"},
		},
		{
			name: "unknown key", code: 2,
			spoil: func(_ *testing.T, m *migration) { m.edit("include:", "inclued:") },
			says:  []string{"tandem.yaml:", "inclued", "include"},
		},
		{
			name: "no table matches", code: 1, include: "shopp.*",
			says: []string{"tables.include"},
		},
		{
			name: "row image MINIMAL", code: 1,
			prepare: root(pair.Source, "SET GLOBAL binlog_row_image = 'MINIMAL'"), undo: root(pair.Source, "SET GLOBAL binlog_row_image = 'FULL'"),
			says: []string{"binlog_row_image", "MINIMAL", "FULL"},
		},
		{
			name: "source without GTIDs", code: 1,
			prepare: root(pair.Source, "SET GLOBAL gtid_mode = ON_PERMISSIVE", "SET GLOBAL gtid_mode = OFF_PERMISSIVE", "SET GLOBAL gtid_mode = OFF"),
			undo:    root(pair.Source, "SET GLOBAL gtid_mode = OFF_PERMISSIVE", "SET GLOBAL gtid_mode = ON_PERMISSIVE", "SET GLOBAL gtid_mode = ON"),
			says:    []string{"gtid_mode"},
		},
		{
			name: "target table with other rows", code: 1,
			prepare: root(pair.Target, "INSERT INTO item VALUES (99, 99)"), undo: root(pair.Target, "DELETE FROM item"),
			says: []string{"shop.item"},
		},
		{
			name: "target table of another shape", code: 1,
			prepare: root(pair.Target, "ALTER TABLE item ADD COLUMN extra INT"), undo: root(pair.Target, "ALTER TABLE item DROP COLUMN extra"),
			says: []string{"shop.item", "extra"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			include := test.include
			if include == "" {
				include = "shop.*"
			}
			m := newMigration(t, pair, []string{include})
			if test.spoil != nil {
				test.spoil(t, m)
			}
			if test.prepare != nil {
				test.prepare(t)
			}
			if test.undo != nil {
				defer test.undo(t)
			}
			before := position(t, pair.Source) + position(t, pair.Target)
			r := m.start("replicate", "--until", "caught-up").want(test.code)
			if after := position(t, pair.Source) + position(t, pair.Target); after != before {
				t.Errorf("something was written: the servers were at %s and are at %s", before, after)
			}
			message := r.stderr.String()
			t.Log(message)
			for _, part := range test.says {
				if !strings.Contains(message, part) {
					t.Errorf("the message does not say %q", part)
				}
			}
			for _, secret := range append(test.never, pair.Source.Password()) {
				if strings.Contains(message+r.stdout.String(), secret) {
					t.Errorf("the message gives the password away")
				}
			}
			if strings.Count("\n"+message, "\ntandem: ") != 1 {
				t.Errorf("not exactly one error")
			}
			if !strings.Contains(message, "hint: ") && !strings.Contains(message, "fix: ") {
				t.Errorf("the message does not say what to do")
			}
			if r.stdout.Len() != 0 {
				t.Errorf("something on stdout: %s", r.stdout.String())
			}
		})
	}
}

func portLine(port int) string { return "port: " + strconv.Itoa(port) + "\n" }

// closedPort is a port that nobody listens on.
func closedPort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
