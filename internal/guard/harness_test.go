package guard_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/guard"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// side is one server with a database of this test's own, a migration of its own,
// tandem's user and an application's.
type side struct {
	side           ownership.Side
	server         *sandbox.Server
	database       string
	migration      string
	tandem, app    *sql.DB
	root           *sql.DB
	version, group string
}

func newSide(t testing.TB, is ownership.Side, server *sandbox.Server, database, version string) *side {
	t.Helper()
	s := &side{side: is, server: server, database: database, version: version, migration: "m_" + database, group: "orders"}
	s.root = sandboxtest.RootDB(t, server, "")
	sandboxtest.Exec(t, s.root, "CREATE DATABASE IF NOT EXISTS `"+database+"`")
	s.root = sandboxtest.RootDB(t, server, database)
	s.tandem = tandem(t, server)
	sandboxtest.Exec(t, s.tandem, ownership.Tables[:]...)
	if err := ownership.Begin(t.Context(), s.tandem, s.migration, []string{s.group}); err != nil {
		t.Fatal(err)
	}
	s.app = s.connect(t, "")
	return s
}

// tandem is a pool as tandem opens them.
func tandem(t testing.TB, server *sandbox.Server) *sql.DB {
	t.Helper()
	db, err := mysqldb.Open(t.Context(), mysqldb.Endpoint{Name: "server", Network: "tcp", Addr: server.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return server.Password(), nil }}, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// connect opens a pool as the application, with an isolation level.
func (s *side) connect(t testing.TB, isolation string) *sql.DB {
	t.Helper()
	config := s.server.Config(sandbox.UserScala, s.database)
	config.MultiStatements = true
	config.AllowAllFiles = true
	if isolation != "" {
		name := "transaction_isolation"
		if s.version == "5.6" {
			name = "tx_isolation"
		}
		config.Params = map[string]string{name: "'" + isolation + "'"}
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func (s *side) name(table string) schema.Name { return schema.Name{Schema: s.database, Table: table} }

func (s *side) options(tables ...string) guard.Options {
	o := guard.Options{Migration: s.migration, Side: s.side, Group: s.group}
	for _, t := range tables {
		o.Tables = append(o.Tables, s.name(t))
	}
	return o
}

func (s *side) arm(t testing.TB, tables ...string) guard.Armed {
	t.Helper()
	a, err := guard.Arm(t.Context(), s.tandem, s.options(tables...))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *side) read(t testing.TB, tables ...string) guard.States {
	t.Helper()
	o := s.options(tables...)
	states, err := guard.Read(t.Context(), s.tandem, guard.ReadOptions{Migration: o.Migration, Side: o.Side, Group: o.Group, Tables: o.Tables})
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// owner sets who owns the group, as this side has it.
func (s *side) owner(t testing.TB, owner ownership.Side) {
	t.Helper()
	_, err := s.root.Exec("UPDATE _tandem.ownership SET owner=?, epoch=epoch+1 WHERE migration=? AND group_name=?", owner, s.migration, s.group)
	if err != nil {
		t.Fatal(err)
	}
}

// eachServer runs a test on the servers that can be a source: both versions.
func eachServer(t *testing.T, test func(t *testing.T, s *side)) {
	t.Helper()
	t.Parallel()
	for version, pair := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			p := pair(t)
			test(t, newSide(t, ownership.Source, p.Source, p.Database, version))
		})
	}
}
