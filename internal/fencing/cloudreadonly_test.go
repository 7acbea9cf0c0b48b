package fencing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// managed is a local server that is taken for one in a cloud. The flag of its
// instance is its variable, which only root sets.
type managed struct {
	t      *testing.T
	server *sandbox.Server
	root   *sql.DB
	db     *sql.DB // tandem's

	mu   sync.Mutex
	sets []bool
	// fail is the error of the next Set; where lost is set, it is done all the same.
	fail error
	lost bool
	// during is called in the middle of a Set.
	during func()
}

func (m *managed) Get(ctx context.Context) (on bool, err error) {
	return on, m.root.QueryRowContext(ctx, "SELECT @@GLOBAL.read_only").Scan(&on)
}

func (m *managed) Set(ctx context.Context, on bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.fail
	m.fail = nil
	if m.during != nil {
		m.during()
		m.during = nil
	}
	if err != nil && !m.lost {
		return err
	}
	m.sets = append(m.sets, on)
	word := "OFF"
	if on {
		word = "ON"
	}
	if _, bad := m.root.ExecContext(ctx, "SET GLOBAL read_only = "+word); bad != nil {
		return bad
	}
	return err
}

func inCloud(t *testing.T) *managed {
	t.Helper()
	pair := sandboxtest.Pair(t)
	m := &managed{t: t, server: pair.Source, root: sandboxtest.RootDB(t, pair.Source, "")}
	sandboxtest.Exec(t, m.root, "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY)",
		"CREATE USER app@'%' IDENTIFIED BY '"+pair.Source.Password()+"'", "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'%'",
		"GRANT CONNECTION_ADMIN ON *.* TO "+sandbox.UserTandem+"@'%'")
	m.db = m.pool(sandbox.UserTandem)
	return m
}

func (m *managed) endpoint(user string) mysqldb.Endpoint {
	return mysqldb.Endpoint{Name: "source", Addr: m.server.Addr(), User: user,
		Password: func(context.Context) (string, error) { return m.server.Password(), nil }}
}

func (m *managed) pool(user string) *sql.DB {
	m.t.Helper()
	db, err := mysqldb.Open(m.t.Context(), m.endpoint(user), mysqldb.Options{MaxConns: 4})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { db.Close() })
	return db
}

func (m *managed) programs() Programs {
	return Programs{Cloud: func(context.Context, ownership.Side) (cloud.ReadOnly, error) { return m, nil }}
}

func (m *managed) request(deadline time.Duration) Request {
	return Request{Migration: "shop", Run: "run1", Stage: "one", Side: ownership.Source, Groups: []string{"g"},
		Tables: []schema.Name{{Schema: "shop", Table: "a"}}, ReadOnly: true, Deadline: deadline}
}

// raise raises the fence on a server that is taken for one of this flavour.
func (m *managed) raise(flavour mysqldb.Flavour, r Request) error {
	ctx := m.t.Context()
	if err := Prepare(ctx, m.db); err != nil {
		return err
	}
	s, err := r.open(ctx, m.db, m.programs())
	if err != nil {
		return err
	}
	defer s.end()
	s.facts.Flavour = flavour
	found, err := r.method(ReadOnly).survey(ctx, s)
	if err != nil {
		return err
	}
	_, err = r.one(ctx, s, ReadOnly, found)
	return err
}

func (m *managed) is(want bool) {
	m.t.Helper()
	if on, err := m.Get(m.t.Context()); err != nil || on != want {
		m.t.Errorf("read_only is %v, %v, want %v", on, err, want)
	}
}

func (m *managed) lift() {
	m.t.Helper()
	if _, err := Lift(m.t.Context(), m.db, Which{Migration: "shop"}, m.programs()); err != nil {
		m.t.Error(err)
	}
}

// The fence goes up through the admin API, binds the application, and comes down
// to what was before.
func TestReadOnlyByCloudSQL(t *testing.T) {
	t.Parallel()
	m := inCloud(t)
	r := m.request(time.Minute)
	if err := m.raise(mysqldb.CloudSQL, r); err != nil {
		t.Fatal(err)
	}
	m.is(true)
	proof, err := Prove(t.Context(), m.endpoint("app"), r.Tables)
	if err != nil || proof.Tries == 0 {
		t.Errorf("%+v, %v", proof, err)
	}
	says, err := Confirm(t.Context(), m.db, r)
	if err != nil || !strings.Contains(fmt.Sprint(says), "the instance's flag read_only turned on") {
		t.Errorf("%v, %v", says, err)
	}
	sandboxtest.Exec(t, m.db, "INSERT INTO shop.a VALUES (1)") // tandem is not bound
	m.lift()
	m.is(false)
	// What was on before stays on.
	sandboxtest.Exec(t, m.root, "SET GLOBAL read_only = ON")
	if err := m.raise(mysqldb.CloudSQL, r); err != nil {
		t.Fatal(err)
	}
	m.lift()
	m.is(true)
}

// Who has CONNECTION_ADMIN is not bound: only a write that is tried can tell.
func TestReadOnlyByAurora(t *testing.T) {
	t.Parallel()
	m := inCloud(t)
	r := m.request(time.Minute)
	var refused *RefusedError
	if err := m.raise(mysqldb.Aurora, r); !errors.As(err, &refused) || !strings.Contains(refused.What, "3.06") {
		t.Errorf("without the procedure: %v", err)
	}
	sandboxtest.Exec(t, m.root, "CREATE PROCEDURE mysql.rds_set_read_only(IN a INT) SET GLOBAL read_only = a",
		"GRANT EXECUTE ON PROCEDURE mysql.rds_set_read_only TO "+sandbox.UserTandem+"@'%'")
	if err := m.raise(mysqldb.Aurora, r); err != nil {
		t.Fatal(err)
	}
	m.is(true)
	if _, err := Prove(t.Context(), m.endpoint("app"), r.Tables); err != nil {
		t.Error(err)
	}
	sandboxtest.Exec(t, m.root, "GRANT CONNECTION_ADMIN ON *.* TO app@'%'")
	var not *NotProvedError
	if _, err := Prove(t.Context(), m.endpoint("app"), r.Tables); !errors.As(err, &not) || !strings.Contains(err.Error(), "let this through") {
		t.Errorf("CONNECTION_ADMIN is bound: %v", err)
	}
	m.lift()
	m.is(false)
	if len(m.sets) > 0 {
		t.Errorf("the admin API was asked: %v", m.sets)
	}
}

// The daemon takes the fence down at its deadline, through the cloud.
func TestDaemonLiftsInTheCloud(t *testing.T) {
	t.Parallel()
	m := inCloud(t)
	if err := m.raise(mysqldb.CloudSQL, m.request(time.Second)); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		verdicts, err := Enforce(t.Context(), m.db, "shop", m.programs())
		if err != nil {
			t.Fatal(err)
		}
		if len(verdicts) > 0 {
			if verdicts[0].Err != nil {
				t.Error(verdicts[0].Err)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal("it stands")
		}
	}
	m.is(false)
	if list, err := Read(t.Context(), m.db, Which{Migration: "shop"}); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// Faults of the admin API: what is set decides, not the answer.
func TestCloudSQLFaults(t *testing.T) {
	t.Parallel()
	m := inCloud(t)
	r := m.request(time.Minute)
	m.fail, m.lost = errors.New("the answer was lost"), true
	if err := m.raise(mysqldb.CloudSQL, r); err != nil {
		t.Errorf("lost: %v", err)
	}
	m.is(true)
	m.lift()
	m.lost = false
	m.fail = cloud.ErrStale
	if err := m.raise(mysqldb.CloudSQL, r); !errors.Is(err, cloud.ErrStale) {
		t.Errorf("stale: %v", err)
	}
	m.is(false)
	m.lift()
	// The runner slept in the middle, and its session was ended: what it did
	// behind the deadline it takes back.
	m.during = func() {
		var id int64
		if err := m.root.QueryRow("SELECT IS_USED_LOCK(?)", lockName("shop")).Scan(&id); err != nil {
			t.Error(err)
			return
		}
		sandboxtest.Exec(t, m.root, fmt.Sprintf("KILL %d", id))
	}
	if err := m.raise(mysqldb.CloudSQL, r); err == nil || !strings.Contains(err.Error(), "taken back") {
		t.Errorf("killed: %v", err)
	}
	m.is(false)
	// Without a hand in the cloud it says so, and changes nothing.
	s, err := r.open(t.Context(), m.db, Programs{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.end()
	s.facts.Flavour = mysqldb.CloudSQL
	var refused *RefusedError
	if _, err := r.method(ReadOnly).survey(t.Context(), s); !errors.As(err, &refused) {
		t.Errorf("no hand: %v", err)
	}
}
