package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/wire"
)

// dial opens a connection to the target of the shared pair, with a database of
// the test's own there.
func dial(t *testing.T, s wire.Session) (*wire.Conn, string) {
	t.Helper()
	pair := sandboxtest.Shared(t)
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Target, ""), "CREATE DATABASE `"+pair.Database+"`")
	return open(t, pair.Target, s), pair.Database
}

func open(t *testing.T, server *sandbox.Server, s wire.Session) *wire.Conn {
	t.Helper()
	c, err := wire.Connect(t.Context(), endpoint(server, server.Password()), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func endpoint(server *sandbox.Server, password string) mysqldb.Endpoint {
	return mysqldb.Endpoint{
		Name: "target", Network: "tcp", Addr: server.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return password, nil },
	}
}

func exec(t *testing.T, c *wire.Conn, sql string) wire.Result {
	t.Helper()
	r, err := c.Exec(t.Context(), []byte(sql))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return r
}

func query(t *testing.T, c *wire.Conn, sql string) []string {
	t.Helper()
	var out []string
	err := c.Query(t.Context(), []byte(sql), func(values [][]byte) error {
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = string(v)
			if v == nil {
				row[i] = "NULL"
			}
		}
		out = append(out, strings.Join(row, "|"))
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func TestSessionIsIndependentOfTheServersDefaults(t *testing.T) {
	c, _ := dial(t, wire.Session{LockWaitTimeout: 1500 * time.Millisecond, Vars: []string{"@tandem_test='x'"}})
	got := query(t, c, "SELECT @@session.time_zone, @@session.sql_mode, @@session.autocommit, @@session.foreign_key_checks,"+
		"@@session.innodb_lock_wait_timeout, @@session.lock_wait_timeout, @@session.transaction_isolation, @@session.character_set_client,"+
		"@@session.character_set_results, @@session.max_execution_time, @tandem_test, CHARSET('x')")
	want := []string{"+00:00|NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION|1|0|2|2|READ-COMMITTED|binary|binary|0|x|binary"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if c.MaxPacket() < 1<<20 {
		t.Errorf("max packet %d", c.MaxPacket())
	}
}

func TestOldServer(t *testing.T) {
	pair := sandboxtest.Shared56(t)
	c := open(t, pair.Source, wire.Session{ForeignKeyChecks: true, RepeatableRead: true})
	if got := query(t, c, "SELECT @@foreign_key_checks, @@tx_isolation, NULL"); got[0] != "1|REPEATABLE-READ|NULL" {
		t.Error(got)
	}
}

func TestExecCountsRowsFound(t *testing.T) {
	c, db := dial(t, wire.Session{})
	exec(t, c, "CREATE TABLE "+db+".t (id INT PRIMARY KEY, v INT)")
	r := exec(t, c, "INSERT INTO "+db+".t VALUES (1,1),(2,2)")
	if r.Affected != 2 || !bytes.Contains(r.Info, []byte("Records: 2")) {
		t.Errorf("insert: %+v %s", r, r.Info)
	}
	if r := exec(t, c, "UPDATE "+db+".t SET v=1 WHERE id=1"); r.Affected != 1 {
		t.Errorf("an update that changes nothing found %d rows, want 1", r.Affected)
	}
	if r := exec(t, c, "BEGIN"); !r.InTransaction() {
		t.Error("no transaction after BEGIN")
	}
	if r := exec(t, c, "INSERT IGNORE INTO "+db+".t VALUES (1,1)"); r.Warnings != 1 || r.Affected != 0 {
		t.Errorf("duplicate: %+v", r)
	}
	if r := exec(t, c, "COMMIT"); r.InTransaction() {
		t.Error("a transaction after COMMIT")
	}
}

func TestExecMultiNamesTheStatement(t *testing.T) {
	c, db := dial(t, wire.Session{})
	exec(t, c, "CREATE TABLE "+db+".t (id INT PRIMARY KEY)")
	var affected []uint64
	sql := fmt.Sprintf("INSERT INTO %[1]s.t VALUES (1),(2); SELECT * FROM %[1]s.t; INSERT INTO %[1]s.t VALUES (1); INSERT INTO %[1]s.t VALUES (9)", db)
	err := c.ExecMulti(t.Context(), []byte(sql), func(_ int, r wire.Result) error {
		affected = append(affected, r.Affected)
		return nil
	})
	var server *wire.Error
	if !errors.As(err, &server) || server.Code != 1062 || server.Statement != 2 || server.State != "23000" {
		t.Fatalf("got %#v", err)
	}
	if !mysqldb.IsDuplicate(err) || wire.Code(err) != 1062 {
		t.Error("the error's class is not seen")
	}
	if d := cmp.Diff([]uint64{2, 0}, affected); d != "" {
		t.Error(d)
	}
	if got := query(t, c, "SELECT COUNT(*) FROM "+db+".t"); got[0] != "2" {
		t.Errorf("%s rows: the last statement must not have run", got)
	}
	callback := errors.New("stop")
	err = c.ExecMulti(t.Context(), []byte("DO 1; DO 2"), func(int, wire.Result) error { return callback })
	if !errors.Is(err, callback) || c.Err() != nil {
		t.Errorf("callback's error: %v, connection: %v", err, c.Err())
	}
}

// sizes around the limits of one packet, of two, and of buffers.
var sizes = []int{0, 1, 250, 251, 252, 65535, 65536, 1<<20 + 1, 1<<24 - 40, 1<<24 - 1, 1 << 24, 1<<24 + 1, 1<<25 - 2, 40 << 20}

func TestSizesGoThere(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	for _, size := range sizes {
		sql := append([]byte("SELECT LENGTH('"), bytes.Repeat([]byte{'x'}, size)...)
		sql = append(sql, "')"...)
		if got := query(t, c, string(sql)); got[0] != fmt.Sprint(size) {
			t.Errorf("the server got %s bytes of %d", got, size)
		}
	}
}

func TestStatementsAroundAPacket(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	for size := 1<<24 - 8; size < 1<<24+8; size++ {
		sql := append([]byte("DO 1 "), bytes.Repeat([]byte{' '}, size-5)...)
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatalf("statement of %d bytes: %v", size, err)
		}
	}
}

func TestSizesComeBack(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	for _, size := range sizes {
		var kept []byte
		large := false
		c.OnLarge(func() error { large = true; return nil })
		err := c.Query(t.Context(), fmt.Appendf(nil, "SELECT 1, REPEAT('ab', %d), NULL UNION ALL SELECT 2, '', 3", size/2), func(v [][]byte) error {
			if string(v[0]) == "1" {
				kept = v[1]
				c.Detach()
			} else if v[1] == nil || len(v[1]) > 0 {
				t.Errorf("empty string came as %q", v[1])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) != size/2*2 || bytes.Count(kept, []byte("ab")) != size/2 {
			t.Errorf("%d bytes of %d came back", len(kept), size)
		}
		if want := size >= 4<<20; large != want {
			t.Errorf("%d bytes: told of a large packet %t, want %t", size, large, want)
		}
	}
}

func TestLoad(t *testing.T) {
	c, db := dial(t, wire.Session{})
	exec(t, c, "CREATE TABLE "+db+".t (id INT PRIMARY KEY, v LONGBLOB)")
	r, err := c.Load(t.Context(), []byte("LOAD DATA LOCAL INFILE 'x' INTO TABLE "+db+".t CHARACTER SET binary"), func(w io.Writer) error {
		for i := range 5000 {
			if _, err := fmt.Fprintf(w, "%d\t%s\n", i, strings.Repeat("v", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || r.Affected != 5000 {
		t.Fatalf("%+v %v", r, err)
	}
	if got := query(t, c, "SELECT COUNT(*), SUM(LENGTH(v)), SUM(id) FROM "+db+".t"); got[0] != "5000|12497500|12497500" {
		t.Error(got)
	}
	// A server's error leaves the connection usable.
	_, err = c.Load(t.Context(), []byte("LOAD DATA LOCAL INFILE 'x' INTO TABLE "+db+".missing"), func(io.Writer) error { return nil })
	if wire.Code(err) != 1146 || c.Err() != nil {
		t.Errorf("missing table: %v, connection %v", err, c.Err())
	}
	// An error of the writer does not: nothing of the file may stay.
	broken := errors.New("no more rows")
	exec(t, c, "BEGIN")
	_, err = c.Load(t.Context(), []byte("LOAD DATA LOCAL INFILE 'x' INTO TABLE "+db+".t"), func(w io.Writer) error {
		io.WriteString(w, "9999\tx\n")
		return broken
	})
	if !errors.Is(err, broken) || c.Err() == nil {
		t.Errorf("writer's error: %v, connection %v", err, c.Err())
	}
}

func TestContextEndsAStatement(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	reason := errors.New("the user has pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(reason) })
	began := time.Now()
	_, err := c.Exec(ctx, []byte("DO SLEEP(30)"))
	if !errors.Is(err, reason) {
		t.Errorf("got %v, want the cause", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	var lost *wire.LostError
	if _, err := c.Exec(t.Context(), []byte("DO 1")); !errors.As(err, &lost) {
		t.Errorf("a broken connection says %v", err)
	}
}

func TestKilledConnectionIsLost(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	other, _ := dial(t, wire.Session{})
	exec(t, other, fmt.Sprintf("KILL %d", c.ID()))
	_, err := c.Exec(t.Context(), []byte("DO 1"))
	if !mysqldb.IsLostConnection(err) {
		t.Errorf("got %v, want a lost connection", err)
	}
}

func TestStatementTooLargeIsNotSent(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	var large *wire.TooLargeError
	if _, err := c.Exec(t.Context(), make([]byte, c.MaxPacket())); !errors.As(err, &large) {
		t.Errorf("got %v", err)
	}
	exec(t, c, "DO 1")
}

func TestConnectErrors(t *testing.T) {
	pair := sandboxtest.Shared(t)
	secret := "not-the-password"
	_, err := wire.Connect(t.Context(), endpoint(pair.Target, secret), wire.Session{})
	if !mysqldb.IsAccessDenied(err) || strings.Contains(err.Error(), secret) {
		t.Errorf("wrong password: %v", err)
	}
	nowhere := mysqldb.Endpoint{Name: "target", Network: "tcp", Addr: "127.0.0.1:1", User: "u"}
	if _, err := wire.Connect(t.Context(), nowhere, wire.Session{}); !mysqldb.IsUnreachable(err) {
		t.Errorf("nobody there: %v", err)
	}
}

// TestQueryDoesNotAllocatePerRow holds the promise that makes this package
// worth its while.
func TestQueryDoesNotAllocatePerRow(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	sql := []byte("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1000) SELECT i, i*2, 'text', NULL FROM n")
	rows := 0
	allocs := testing.AllocsPerRun(5, func() {
		if err := c.Query(t.Context(), sql, func([][]byte) error { rows++; return nil }); err != nil {
			t.Fatal(err)
		}
	})
	if rows != 6000 || allocs > 50 {
		t.Errorf("%d rows with %.0f allocations for 1000", rows, allocs)
	}
}
