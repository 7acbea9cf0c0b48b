package catalog

import (
	"context"
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// dbs opens pools as tandem itself does, with a cloud user's privileges.
func dbs(t *testing.T, p *sandboxtest.SharedPair) (source, target *sql.DB) {
	t.Helper()
	return openAs(t, p.Source, "source"), openAs(t, p.Target, "target")
}

func openAs(t *testing.T, s *sandbox.Server, side string) *sql.DB {
	t.Helper()
	db, err := mysqldb.Open(t.Context(), mysqldb.Endpoint{
		Name: side + " " + s.Addr(), Network: "tcp", Addr: s.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return s.Password(), nil },
	}, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// inSchema picks the tables of one database.
func inSchema(database string) func(schema.Name) bool {
	return func(n schema.Name) bool { return n.Schema == database }
}

// permissive makes a session that can create every odd table.
const permissive = "SET SESSION sql_mode='" + mysqldb.PermissiveMode + "'"

func createOdd(t *testing.T, p *sandboxtest.SharedPair, modern bool) {
	t.Helper()
	db := p.SourceDB(t)
	db.SetMaxOpenConns(1)
	sandboxtest.Exec(t, db, "SET NAMES utf8mb4", permissive, "SET foreign_key_checks=0")
	for _, o := range oddTables {
		if modern || !o.modern {
			sandboxtest.Exec(t, db, "CREATE TABLE "+schema.Quote(o.name)+" "+o.sql)
		}
	}
}

func TestCreateOddTables(t *testing.T) {
	for _, c := range []struct {
		name   string
		pair   func(testing.TB) *sandboxtest.SharedPair
		modern bool
	}{
		{"9.7 to 9.7", sandboxtest.Shared, true},
		{"5.6 to 9.7", sandboxtest.Shared56, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.pair(t)
			createOdd(t, p, c.modern)
			source, target := dbs(t, p)
			tables, err := Load(t.Context(), source, inSchema(p.Database))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Create(t.Context(), source, target, tables)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range append(r.Changes, r.Notes...) {
				t.Log(n)
			}
			got, err := Load(t.Context(), target, inSchema(p.Database))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tables, got); d != "" {
				t.Log(d)
			}
		})
	}
}
