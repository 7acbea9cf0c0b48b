package mysqldb_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox/sandboxtest"
)

// TestListsBesideBytes lists sessions and transactions while a session runs a
// statement that is no text, as appliers and applications do that write binary
// values inside statements: the tables of information_schema break off at it.
func TestListsBesideBytes(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]func(testing.TB, ...sandboxtest.Option) pairOf{"9.7": own, "5.6": own56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			db := sandboxtest.RootDB(t, pair(t).Source, "")
			sandboxtest.Exec(t, db, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, b VARBINARY(100)) ENGINE=InnoDB", "INSERT INTO d.t VALUES (1,''),(2,'')")
			idle, idleID := session(t, db)
			begin(t, idle, "UPDATE d.t SET b='x' WHERE id=1")
			busy, busyID := session(t, db)
			begin(t, busy, "UPDATE d.t SET b='y' WHERE id=2")
			done := make(chan error, 1)
			sleeping, wake := context.WithCancel(ctx)
			t.Cleanup(func() { wake(); <-done })
			go func() {
				_, err := busy.ExecContext(sleeping, "DO SLEEP(600), _binary'\xad&u(OO\xff\n---TRANSACTION'")
				done <- err
			}()

			var processes []mysqldb.Process
			until(t, func() bool {
				var err error
				if processes, err = mysqldb.Processes(ctx, db, false); err != nil {
					t.Fatal(err)
				}
				p := process(processes, busyID)
				return p != nil && p.Command == "Query" && len(p.Text) > 0
			})
			if p := process(processes, idleID); p == nil || p.Command != "Sleep" || p.User != "root" {
				t.Errorf("the idle session is listed as %+v", p)
			}
			// InnoDB makes its list anew after a while only.
			var open []mysqldb.OpenTransaction
			until(t, func() bool {
				var err error
				if open, err = mysqldb.OpenTransactions(ctx, db); err != nil {
					t.Fatal(err)
				}
				return len(open) == 2
			})
			for _, id := range []uint64{idleID, busyID} {
				found := false
				for _, o := range open {
					if o.Session != id {
						continue
					}
					found = true
					if o.ID == "" || o.State != "RUNNING" || o.Locks != 2 || o.Locked != 1 || o.Modified != 1 || o.Age > time.Minute {
						t.Errorf("the transaction of session %d is listed as %+v", id, o)
					}
				}
				if !found {
					t.Errorf("no transaction of session %d in %+v", id, open)
				}
			}
		})
	}
}

func session(t *testing.T, db *sql.DB) (conn *sql.Conn, id uint64) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mysqldb.Discard(conn) })
	if err := conn.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return conn, id
}

func begin(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	for _, s := range []string{"BEGIN", statement} {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func process(list []mysqldb.Process, id uint64) *mysqldb.Process {
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

func until(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came")
		}
	}
}
