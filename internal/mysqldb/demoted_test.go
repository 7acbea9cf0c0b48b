package mysqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/wire"
)

// TestPoolFollowsTheWriter: the first write that is refused makes a pool give up
// all its connections to the server that was the writer, and look anew.
func TestPoolFollowsTheWriter(t *testing.T) {
	t.Parallel()
	p := own(t)
	for _, s := range p.Servers() {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "CREATE DATABASE f", "CREATE TABLE f.t (id INT PRIMARY KEY)",
			"GRANT ALL ON f.* TO '"+sandbox.UserTandem+"'@'%'")
	}
	var writer atomic.Pointer[sandbox.Server]
	writer.Store(p.Source)
	e := endpoint(p.Target, "") // its address is not what is asked for
	e.Locate = func(context.Context) (string, error) { return writer.Load().Addr(), nil }
	e.Password = func(context.Context) (string, error) { return writer.Load().Password(), nil }
	e.Writer = true
	db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	statement := func() error { _, err := db.ExecContext(t.Context(), "INSERT INTO f.t VALUES (1)"); return err }
	transaction := func() error {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // it is over, or never was
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO f.t VALUES (2)"); err != nil {
			return err
		}
		return tx.Commit()
	}
	// A transaction that has written already learns it by its COMMIT.
	commit := func() error {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO f.t VALUES (3)"); err != nil {
			return err
		}
		failover(t, p, &writer)
		return tx.Commit()
	}
	for _, c := range []struct {
		name  string
		write func() error
		moved bool // the write moves the writer by itself
	}{{"statement", statement, false}, {"transaction", transaction, false}, {"commit", commit, true}} {
		fill(t, db)
		if !c.moved {
			failover(t, p, &writer)
		}
		if err := c.write(); !mysqldb.IsReadOnly(err) {
			t.Fatalf("%s: the old writer says %v", c.name, err)
		}
		for id, n := range fill(t, db) {
			if s := writer.Load(); id != strconv.Itoa(serverID(p, s)) {
				t.Errorf("%s: %d connections are still on server %s", c.name, n, id)
			}
		}
		if c.moved {
			continue
		}
		if err := c.write(); err != nil {
			t.Fatalf("%s: the new writer says %v", c.name, err)
		}
	}
}

func serverID(p *sandbox.Pair, s *sandbox.Server) int {
	if s == p.Source {
		return 101
	}
	return 201
}

// failover makes the other server the writer; the old one goes on, read only.
func failover(t *testing.T, p *sandbox.Pair, writer *atomic.Pointer[sandbox.Server]) {
	t.Helper()
	from, to := p.Source, p.Target
	if writer.Load() == p.Target {
		from, to = to, from
	}
	sandboxtest.Exec(t, sandboxtest.RootDB(t, to, ""), "SET GLOBAL super_read_only=0", "SET GLOBAL read_only=0")
	sandboxtest.Exec(t, sandboxtest.RootDB(t, from, ""), "SET GLOBAL super_read_only=1")
	writer.Store(to)
}

// fill takes every connection that the pool may have at once, and counts them by
// server.
func fill(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	seen := map[string]int{}
	var held []*sql.Conn
	for range db.Stats().MaxOpenConnections {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
		var id string
		if err := c.QueryRowContext(t.Context(), "SELECT @@server_id").Scan(&id); err != nil {
			t.Fatal(err)
		}
		seen[id]++
	}
	for _, c := range held {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return seen
}

// TestReaderIsRefused: a server whose storage others write is none for an endpoint
// that wants the writer, and is nothing special for another.
func TestReaderIsRefused(t *testing.T) {
	t.Parallel()
	p := own(t)
	e := endpoint(p.Target, p.Target.Password())
	e.Writer = true
	connect := map[string]func(mysqldb.Endpoint) error{
		"pool": func(e mysqldb.Endpoint) error {
			db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{})
			if err == nil {
				err = db.Close()
			}
			return err
		},
		"wire": func(e mysqldb.Endpoint) error {
			c, err := wire.Connect(t.Context(), e, wire.Session{})
			if err == nil {
				err = c.Close()
			}
			return err
		},
	}
	for name, to := range connect {
		if err := to(e); err != nil {
			t.Errorf("%s: the writer is refused: %v", name, err)
		}
	}
	asReader(t, p.Target)
	for name, to := range connect {
		err := to(e)
		var reader *mysqldb.ReaderError
		if !mysqldb.IsUnreachable(err) || !errors.As(err, &reader) || !strings.Contains(err.Error(), "is a reader of its cluster") {
			t.Errorf("%s: a reader is not refused as one: %v", name, err)
		} else if !strings.Contains(reader.Hint(), "writer endpoint") {
			t.Errorf("%s: the hint is %q", name, reader.Hint())
		}
		plain := e
		plain.Writer = false
		if err := to(plain); err != nil {
			t.Errorf("%s: a reader can not be read: %v", name, err)
		}
	}
}

// asReader starts a server again as the readers of Aurora are: its storage is
// somebody else's to write.
func asReader(t *testing.T, s *sandbox.Server) {
	t.Helper()
	if s.Install().Image != "" {
		t.Skip("needs mysqld on this machine")
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mysqld := exec.Command(s.Install().Mysqld, "--no-defaults", "--innodb-read-only=1", "--user=root",
		"--datadir="+s.DataDir(), "--socket="+s.Socket, "--port="+strconv.Itoa(s.Port), "--bind-address=127.0.0.1",
		"--pid-file="+dir+"/pid", "--log-error="+dir+"/log", "--tmpdir="+dir, "--secure-file-priv=NULL", "--mysqlx=OFF",
		"--log-bin=binlog", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--server-id=9", "--innodb-buffer-pool-size=64M")
	if err := mysqld.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = mysqld.Process.Kill() // it may have ended
		_ = mysqld.Wait()         // so it says
	})
	db, err := s.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); db.PingContext(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the reader does not answer")
		}
	}
}

// TestWriterOfOld: servers of all versions understand the question.
func TestWriterOfOld(t *testing.T) {
	t.Parallel()
	for name, p := range both(t) {
		e := endpoint(p.Source, p.Source.Password())
		e.Writer = true
		db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var zone string
		if err := db.QueryRowContext(t.Context(), "SELECT @@time_zone").Scan(&zone); err != nil || zone != "+00:00" {
			t.Errorf("%s: the session's time zone is %s, %v", name, zone, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
