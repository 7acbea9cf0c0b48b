package mysqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

const secret = "hunter2-not-for-logs"

func endpoint(s *sandbox.Server, password string) mysqldb.Endpoint {
	return mysqldb.Endpoint{
		Name: "source " + s.Addr(), Network: "tcp", Addr: s.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return password, nil },
	}
}

func openAs(t *testing.T, s *sandbox.Server, o mysqldb.Options) *sql.DB {
	t.Helper()
	db, err := mysqldb.Open(t.Context(), endpoint(s, s.Password()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestSession(t *testing.T) {
	t.Parallel()
	for name, p := range both(t) {
		db := openAs(t, p.Source, mysqldb.Options{LockWait: 7 * time.Second, Database: p.Database})
		var zone, mode, charset, wait, database string
		err := db.QueryRowContext(t.Context(), "SELECT @@time_zone, @@sql_mode, @@character_set_results, "+
			"@@innodb_lock_wait_timeout, DATABASE()").Scan(&zone, &mode, &charset, &wait, &database)
		if err != nil {
			t.Fatal(err)
		}
		if zone != "+00:00" || charset != "utf8mb4" || wait != "7" || database != p.Database ||
			strings.Contains(mode, "STRICT") || !strings.Contains(mode, "ALLOW_INVALID_DATES") {
			t.Errorf("%s: session has %s %s %s %s %s", name, zone, mode, charset, wait, database)
		}
	}
}

// both returns a view of both shared pairs.
func both(t *testing.T) map[string]*sandboxtest.SharedPair {
	return map[string]*sandboxtest.SharedPair{"9.7": sandboxtest.Shared(t), "5.6": sandboxtest.Shared56(t)}
}

func TestConnectErrors(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	free.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	with := func(change func(*mysqldb.Endpoint)) mysqldb.Endpoint {
		e := endpoint(p.Source, secret)
		change(&e)
		return e
	}
	for _, c := range []struct {
		name     string
		endpoint mysqldb.Endpoint
		options  mysqldb.Options
		denied   bool
		text     string
		hint     string
	}{
		{"wrong password", endpoint(p.Source, secret), mysqldb.Options{}, true,
			"log in to source " + p.Source.Addr() + " as user tandem: Error 1045", "check user and password of the source"},
		{"no password to be had", with(func(e *mysqldb.Endpoint) {
			e.Password = func(context.Context) (string, error) { return "", errors.New("the file is empty") }
		}), mysqldb.Options{}, true, "get the password: the file is empty", "check where source.password comes from"},
		{"nobody listens", with(func(e *mysqldb.Endpoint) { e.Name, e.Addr = "target "+nobody, nobody }), mysqldb.Options{}, false,
			"connect to target " + nobody + " as user tandem", "check host and port of the target"},
		{"no such host", with(func(e *mysqldb.Endpoint) { e.Name, e.Addr = "source", "no-such-host.invalid:3306" }), mysqldb.Options{}, false,
			"connect to source no-such-host.invalid:3306 as user tandem", "check the host name of the source"},
		{"no such socket", with(func(e *mysqldb.Endpoint) { e.Network, e.Addr = "unix", "/nowhere/mysql.sock" }), mysqldb.Options{}, false,
			"/nowhere/mysql.sock", "there is no such socket"},
		{"no such database", endpoint(p.Source, p.Source.Password()), mysqldb.Options{Database: "nowhere"}, true,
			"Unknown database 'nowhere'", "check the database's name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, err := mysqldb.Open(t.Context(), c.endpoint, c.options)
			if err == nil {
				db.Close()
				t.Fatal("no error")
			}
			if mysqldb.IsAccessDenied(err) != c.denied && c.name != "no such database" || mysqldb.IsUnreachable(err) == c.denied {
				t.Errorf("denied %v, unreachable %v: %v", mysqldb.IsAccessDenied(err), mysqldb.IsUnreachable(err), err)
			}
			if !strings.Contains(err.Error(), c.text) {
				t.Errorf("text %q, want %q in it", err, c.text)
			}
			var h interface{ Hint() string }
			if !errors.As(err, &h) || !strings.Contains(h.Hint(), c.hint) {
				t.Errorf("hint of %v: want %q", err, c.hint)
			}
			if strings.Contains(err.Error()+h.Hint(), secret) {
				t.Error("the password is in the error")
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
	t.Run("silent", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := mysqldb.Open(ctx, with(func(e *mysqldb.Endpoint) { e.Addr = silent.Addr().String() }), mysqldb.Options{})
		if !mysqldb.IsUnreachable(err) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := mysqldb.Open(ctx, endpoint(p.Source, secret), mysqldb.Options{})
		if !errors.Is(err, context.Canceled) || mysqldb.IsUnreachable(err) {
			t.Errorf("error %v", err)
		}
	})
}

// TestPasswordIsAskedAnew: a token that has expired must not be used again.
func TestPasswordIsAskedAnew(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	asked := 0
	e := endpoint(p.Source, "")
	e.Password = func(context.Context) (string, error) { asked++; return p.Source.Password(), nil }
	dialled := 0
	e.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled++
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 2 {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := mysqldb.Discard(conn); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 2 || dialled != 2 {
		t.Errorf("asked %d times, dialled %d times", asked, dialled)
	}
}

func TestLostConnection(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	db := openAs(t, p.Source, mysqldb.Options{})
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var id int
	if err := conn.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := conn.ExecContext(t.Context(), "SELECT SLEEP(60)")
		done <- err
	}()
	sandboxtest.Exec(t, p.SourceDB(t), "KILL "+itoa(id))
	if err := <-done; !mysqldb.IsLostConnection(err) && !mysqldb.IsInterrupted(err) {
		t.Errorf("error %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "SELECT 1"); !mysqldb.IsLostConnection(err) {
		t.Errorf("the next statement: %v", err)
	}
}
