package bank_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/bank"
	"tandem/internal/sandbox/sandboxtest"
)

const accounts = 50

// sides are two ways into one database: a user each, so that locking one's
// account sends the application to the other.
func sides(t *testing.T, through string) (root *sql.DB, list [2]bank.Side) {
	t.Helper()
	pair := sandboxtest.Pair(t)
	server := pair.Source
	sandboxtest.Exec(t, sandboxtest.RootDB(t, server, ""), "CREATE DATABASE bank")
	root = sandboxtest.RootDB(t, server, "bank")
	if err := bank.Create(t.Context(), root, accounts); err != nil {
		t.Fatal(err)
	}
	for i, user := range []string{sandbox.UserScala, sandbox.UserRails} {
		config := server.Config(user, "bank")
		config.InterpolateParams = true
		config.Logger = &mysql.NopLogger{}
		if through != "" && i == 0 {
			config.Net, config.Addr = "tcp", through
		}
		connector, err := mysql.NewConnector(config)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		t.Cleanup(func() { db.Close() })
		list[i] = bank.Side{Name: []string{"source", "target"}[i], DB: db}
	}
	return root, list
}

// begin runs the application until the returned function is called.
func begin(t *testing.T, o bank.Options) (*bank.Bank, func()) {
	t.Helper()
	o.Accounts, o.Writers, o.Seed = accounts, 4, 7
	b, err := bank.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop := func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	return b, stop
}

// await waits for so many commits on a side since the last mark.
func await(t *testing.T, b *bank.Bank, side string, n int64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); b.Since().BySide[side] < n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the application does not write on the %s: %+v", side, b.Since())
		}
	}
}

func check(t *testing.T, b *bank.Bank, db *sql.DB) bank.Verdict {
	t.Helper()
	v, err := b.Check(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFollows(t *testing.T) {
	t.Parallel()
	root, list := sides(t, "")
	b, stop := begin(t, bank.Options{Sides: list, TPS: 400})
	await(t, b, "source", 50)
	b.Mark()
	sandboxtest.Exec(t, root, "ALTER USER app_scala ACCOUNT LOCK")
	kill(t, root, sandbox.UserScala)
	await(t, b, "target", 50)
	pause, ok := b.Pause("target")
	// Sessions are killed one after the other, so a writer may still commit on the
	// source when another one has gone over.
	if !ok || pause.Abs() > 10*time.Second {
		t.Errorf("the pause was %v, %v", pause, ok)
	}
	if s := b.Mark(); s.Failed() == 0 || s.Errors[bank.Denied]+s.Errors[bank.Connection]+s.Errors[bank.Unknown] == 0 {
		t.Errorf("nothing failed although the account was locked: %+v", s)
	}
	if err := b.Rest(func() error {
		if v := check(t, b, root); !v.OK() || v.Rows < 100 {
			t.Errorf("at rest: %s", v)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	await(t, b, "target", 50)
	stop()
	v := check(t, b, root)
	if committed, _ := b.Total(); !v.OK() || v.Rows < committed {
		t.Errorf("%d were acknowledged: %s", committed, v)
	}
}

func kill(t *testing.T, root *sql.DB, user string) {
	t.Helper()
	rows, err := root.QueryContext(t.Context(), "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ?", user)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		_, _ = root.ExecContext(t.Context(), fmt.Sprint("KILL ", id)) // it may have ended
	}
}

// TestUnknownCommits cuts connections where the answer to COMMIT would come, and
// before the server gets it: what has become of it is looked up.
func TestUnknownCommits(t *testing.T) {
	t.Parallel()
	proxy, err := fault.Listen("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	root, list := sides(t, proxy.Addr())
	var port string
	if err := root.QueryRowContext(t.Context(), "SELECT @@port").Scan(&port); err != nil {
		t.Fatal(err)
	}
	proxy.Retarget("127.0.0.1:" + port)
	b, stop := begin(t, bank.Options{Sides: list, TPS: 400})
	await(t, b, "source", 20)
	for i := range 6 {
		armed := proxy.Arm(fault.Trigger{Do: fault.Cut, Said: []byte("COMMIT"), Way: []fault.Direction{fault.ToClient, fault.ToServer}[i%2]})
		select {
		case <-armed.Fired():
		case <-time.After(20 * time.Second):
			t.Fatal("no connection was cut")
		}
		// Those that were cut are on the other side now; locking that one out brings
		// them back for the next cut.
		kill(t, root, sandbox.UserRails)
	}
	stop()
	if _, errors := b.Total(); errors[bank.Unknown] < 6 {
		t.Errorf("errors: %v", errors)
	}
	if v := check(t, b, root); !v.OK() || v.Doubts != 0 {
		t.Errorf("%s, %d in doubt", v, v.Doubts)
	}
}

// TestCheckFinds tampers with what the application has written.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	root, list := sides(t, "")
	b, stop := begin(t, bank.Options{Sides: list, TPS: 0})
	await(t, b, "source", 50)
	stop()
	for _, test := range []struct {
		name, change string
		want         string
	}{
		{"nothing", "DO 0", "exactly once"},
		{"lost", "DELETE FROM ledger WHERE writer = 1 AND n = 3", " 1 lost, 0 duplicated, 0 misplaced, 0 foreign; 2 accounts wrong"},
		{"duplicated", "INSERT INTO ledger SELECT * FROM ledger WHERE writer = 1 AND n = 3", " 0 lost, 1 duplicated, 0 misplaced, 0 foreign; 2 accounts wrong"},
		{"misplaced", "UPDATE ledger SET side = 'target' WHERE writer = 2 AND n = 1", " 0 lost, 0 duplicated, 1 misplaced, 0 foreign; 0 accounts wrong"},
		{"foreign", "INSERT INTO ledger VALUES (1, 1000000, 0, 1, 0, 'source')", " 0 lost, 0 duplicated, 0 misplaced, 1 foreign; 0 accounts wrong"},
		{"money", "UPDATE accounts SET balance = balance + 5 WHERE id = 3", "1 accounts wrong, the sum is off by 5"},
		{"account", "DELETE FROM accounts WHERE id = 3", "there are 49 accounts"},
	} {
		// The change is undone by hand: DDL and other sessions would see it.
		sandboxtest.Exec(t, root, "CREATE TABLE l AS SELECT * FROM ledger", "CREATE TABLE a AS SELECT * FROM accounts", test.change)
		if v := check(t, b, root); !strings.Contains(v.String(), test.want) || v.OK() != (test.name == "nothing") {
			t.Errorf("%s: %s, want %s", test.name, v, test.want)
		}
		sandboxtest.Exec(t, root, "TRUNCATE ledger", "INSERT INTO ledger SELECT * FROM l", "DELETE FROM accounts", "INSERT INTO accounts SELECT * FROM a", "DROP TABLE l, a")
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []bank.Options{{Accounts: 1, Writers: 1}, {Accounts: 2}, {Accounts: 2, Writers: 1, TPS: -1}} {
		if _, err := bank.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
