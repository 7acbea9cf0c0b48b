package firing_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"tandem/internal/firing"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// rig is a database on two servers, with the same tables on both.
type rig struct {
	database                   string
	pair                       *sandbox.Pair
	source, target             *sql.DB // root's
	sourceTandem, targetTandem *sql.DB
	sourceServer, targetServer *sandbox.Server
	oldSource                  bool
	scope                      firing.Scope
}

func newRig(t *testing.T, p *sandboxtest.SharedPair, tables ...string) *rig {
	t.Helper()
	r := &rig{database: p.Database, pair: p.Pair, sourceServer: p.Source, targetServer: p.Target}
	r.oldSource = !p.Source.Install().AtLeast(5, 7, 0)
	sandboxtest.Exec(t, sandboxtest.RootDB(t, p.Target, ""), "CREATE DATABASE "+p.Database+" DEFAULT CHARACTER SET utf8mb4")
	r.source, r.target = p.SourceDB(t), p.TargetDB(t)
	r.sourceTandem, r.targetTandem = tandem(t, p.Source), tandem(t, p.Target)
	r.scope = firing.Scope{Migration: p.Database, Events: []string{p.Database}}
	for _, table := range tables {
		sandboxtest.Exec(t, r.source, table)
		sandboxtest.Exec(t, r.target, table)
		name := strings.TrimPrefix(table, "CREATE TABLE ")
		name = strings.Trim(name[:strings.Index(name, " (")], "`")
		r.scope.Tables = append(r.scope.Tables, schema.Name{Schema: p.Database, Table: name})
	}
	for _, db := range []*sql.DB{r.sourceTandem, r.targetTandem} {
		if err := firing.Prepare(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

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

// side returns tandem's pool of a side, and root's.
func (r *rig) side(s ownership.Side) (tandem, root *sql.DB) {
	if s == ownership.Source {
		return r.sourceTandem, r.source
	}
	return r.targetTandem, r.target
}

func (r *rig) carry(t *testing.T, owner ownership.Side) firing.Carried {
	t.Helper()
	from, _ := r.side(owner)
	to, _ := r.side(owner.Opposite())
	c, err := firing.Carry(t.Context(), from, to, r.scope)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *rig) open(t *testing.T, s ownership.Side) firing.Result {
	t.Helper()
	db, _ := r.side(s)
	result, err := firing.Open(t.Context(), db, r.scope)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (r *rig) close(t *testing.T, s ownership.Side) firing.Result {
	t.Helper()
	db, _ := r.side(s)
	result, err := firing.Close(t.Context(), db, r.scope)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// dump is all that a server says about triggers and events of a database, but
// for when they were made.
func dump(t *testing.T, db *sql.DB, database string) []string {
	t.Helper()
	var all []string
	for _, of := range [][2]string{
		{"TRIGGER", "SELECT TRIGGER_NAME, CONCAT_WS('|', EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=? ORDER BY 1"},
		{"EVENT", "SELECT EVENT_NAME, CONCAT_WS('|', DEFINER, STATUS, TIME_ZONE, SQL_MODE) FROM information_schema.EVENTS WHERE EVENT_SCHEMA=? ORDER BY 1"},
	} {
		kind, query := of[0], of[1]
		rows, err := db.Query(query, database)
		if err != nil {
			t.Fatal(err)
		}
		var names, about []string
		for rows.Next() {
			var name, what string
			if err := rows.Scan(&name, &what); err != nil {
				t.Fatal(err)
			}
			names, about = append(names, name), append(about, what)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		for i, name := range names {
			all = append(all, fmt.Sprintf("%s %s %s %q", kind, name, about[i], show(t, db, kind, database, name)))
		}
	}
	return all
}

// show returns the columns of SHOW CREATE, byte for byte, without the time.
func show(t *testing.T, db *sql.DB, kind, database, name string) []string {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer mysqldb.Discard(conn)
	if _, err := conn.ExecContext(t.Context(), "SET character_set_results=NULL"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.QueryContext(t.Context(), "SHOW CREATE "+kind+" "+schema.Name{Schema: database, Table: name}.Quoted())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || !rows.Next() {
		t.Fatal("nothing to show", err)
	}
	values := make([]sql.NullString, len(columns))
	to := make([]any, len(columns))
	for i := range to {
		to[i] = &values[i]
	}
	if err := rows.Scan(to...); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i, v := range values {
		if columns[i] != "Created" {
			texts = append(texts, v.String)
		}
	}
	return texts
}

// bothVersions runs a test on pairs of either kind.
func bothVersions(t *testing.T, test func(t *testing.T, p *sandboxtest.SharedPair)) {
	t.Helper()
	t.Parallel()
	t.Run("9.7", func(t *testing.T) { t.Parallel(); test(t, sandboxtest.Shared(t)) })
	t.Run("5.6", func(t *testing.T) { t.Parallel(); test(t, sandboxtest.Shared56(t)) })
}
