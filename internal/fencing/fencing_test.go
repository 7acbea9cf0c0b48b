package fencing_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/fencing"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// bench is one server with tandem's user, who may do here what it takes, and an
// application of its own.
type bench struct {
	t      *testing.T
	server *sandbox.Server
	root   *sql.DB
	db     *sql.DB // tandem's
	schema string
	app    string // a user that no other test has
	tables []schema.Name
	dir    string
}

// on makes a bench on a server, with two tables in a database of its own.
func on(t *testing.T, server *sandbox.Server, database string) *bench {
	t.Helper()
	b := &bench{t: t, server: server, root: sandboxtest.RootDB(t, server, ""), schema: database, dir: t.TempDir()}
	b.app = "app_" + strings.TrimPrefix(strings.SplitN(database, "_", 2)[0], "t")
	right := "CONNECTION_ADMIN"
	if !server.Install().AtLeast(8, 0, 0) {
		right = "SUPER"
	}
	b.exec(
		"CREATE DATABASE IF NOT EXISTS "+b.schema,
		"CREATE TABLE "+b.schema+".a (id INT PRIMARY KEY, v INT NOT NULL)",
		"CREATE TABLE "+b.schema+".b (id INT PRIMARY KEY, v INT)",
		"INSERT INTO "+b.schema+".a VALUES (1, 1)",
		"GRANT "+right+" ON *.* TO "+sandbox.UserTandem+"@'%'",
		fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED BY '%s'", b.app, server.Password()),
	)
	t.Cleanup(func() {
		_, err := b.root.ExecContext(context.Background(), "DROP USER "+b.app+"@'%'")
		if err != nil {
			t.Error(err)
		}
	})
	b.tables = tablesOf(database)
	b.db = b.pool(sandbox.UserTandem)
	return b
}

func current(t *testing.T) *bench {
	t.Helper()
	pair := sandboxtest.Shared(t)
	return on(t, pair.Source, pair.Database)
}

func old(t *testing.T) *bench {
	t.Helper()
	pair := sandboxtest.Shared56(t)
	return on(t, pair.Source, pair.Database)
}

func (b *bench) endpoint(user string) mysqldb.Endpoint {
	return mysqldb.Endpoint{Name: "source", Addr: b.server.Addr(), User: user,
		Password: func(context.Context) (string, error) { return b.server.Password(), nil }}
}

func (b *bench) pool(user string) *sql.DB {
	b.t.Helper()
	db, err := mysqldb.Open(b.t.Context(), b.endpoint(user), mysqldb.Options{MaxConns: 4})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { db.Close() })
	return db
}

func (b *bench) exec(statements ...string) {
	b.t.Helper()
	sandboxtest.Exec(b.t, b.root, statements...)
}

// request is one for the bench's tables; the migration is the bench's own.
func (b *bench) request() fencing.Request {
	return fencing.Request{Migration: b.schema, Run: "run1", Stage: "one", Side: ownership.Source,
		Groups: []string{"g"}, Tables: b.tables, Deadline: time.Minute}
}

func (b *bench) which() fencing.Which { return fencing.Which{Migration: b.schema} }

func (b *bench) programs() fencing.Programs {
	return fencing.Programs{Dir: filepath.Join(b.dir, "fences")}
}

func (b *bench) raise(r fencing.Request) []fencing.Fence {
	b.t.Helper()
	list, err := fencing.Raise(b.t.Context(), b.db, r, b.programs())
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func (b *bench) lift() []fencing.Fence {
	b.t.Helper()
	list, err := fencing.Lift(b.t.Context(), b.db, b.which(), b.programs())
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func (b *bench) standing() []fencing.Fence {
	b.t.Helper()
	list, err := fencing.Read(b.t.Context(), b.db, b.which())
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// grants is what SHOW GRANTS says of accounts, and which roles they begin with.
func (b *bench) grants(accounts ...string) []string {
	b.t.Helper()
	var all []string
	for _, a := range accounts {
		lines := b.column("SHOW GRANTS FOR " + a)
		slices.Sort(lines)
		all = append(all, lines...)
	}
	if b.server.Install().AtLeast(8, 0, 0) {
		all = append(all, b.column("SELECT CONCAT_WS(' ', user, 'begins with', default_role_user) FROM mysql.default_roles ORDER BY 1")...)
	}
	return all
}

func (b *bench) column(query string) []string {
	b.t.Helper()
	rows, err := b.root.QueryContext(b.t.Context(), query)
	if err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			b.t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// appSession is a connection of the application that is in the middle of a
// transaction.
func (b *bench) appSession() *sql.Tx {
	b.t.Helper()
	tx, err := b.pool(b.app).BeginTx(b.t.Context(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE " + b.schema + ".a SET v = v + 1 WHERE id = 1"); err != nil {
		b.t.Fatal(err)
	}
	return tx
}

func (b *bench) prove() (fencing.Proof, error) {
	return fencing.Prove(b.t.Context(), b.endpoint(b.app), b.tables)
}

// mustWrite makes sure that the application can write as before.
func (b *bench) mustWrite() {
	b.t.Helper()
	db, err := mysqldb.Open(b.t.Context(), b.endpoint(b.app), mysqldb.Options{MaxConns: 1})
	if err != nil {
		b.t.Fatalf("the application can not log in: %v", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(b.t.Context(), "UPDATE "+b.schema+".a SET v = v + 1 WHERE id = 1"); err != nil {
		b.t.Fatalf("the application can not write: %v", err)
	}
}

func (b *bench) same(what string, want, got []string) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (b *bench) script(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		b.t.Fatal(err)
	}
	return "./" + name
}

func tablesOf(database string) []schema.Name {
	return []schema.Name{{Schema: database, Table: "a"}, {Schema: database, Table: "b"}}
}
