package steps

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/plans"
	"tandem/plans/runner"
)

// open begins a transaction of a user with some statements.
func (b *bench) open(user string, statements ...string) *sql.Tx {
	b.t.Helper()
	tx, err := sandboxtest.DB(b.t, b.source, user, b.schema).BeginTx(context.Background(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { tx.Rollback() })
	for _, s := range statements {
		if _, err := tx.Exec(s); err != nil {
			b.t.Fatalf("%s: %v", s, err)
		}
	}
	return tx
}

func TestLongWaits(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...sandboxtest.Option) *sandbox.Pair{"current": sandboxtest.Pair, "5.6": sandboxtest.Pair56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withServers(t, start(t), "shop", plans.Terms{})
			_, g := newLong(plans.Step{Spec: &plans.LongTransactions{After: plans.Duration(2 * time.Second), Then: plans.ThenWait}})
			b.holds(g)
			// A snapshot and tandem's own harm nobody; nor does one that is young.
			b.open(sandbox.UserRails, "SELECT * FROM a")
			b.open(sandbox.UserTandem, "UPDATE b SET v = 3 WHERE id = 1")
			time.Sleep(2500 * time.Millisecond)
			writer := b.open(sandbox.UserScala, "UPDATE a SET v = 9 WHERE id = 1")
			b.holds(g)
			got := b.becomes(g, false)
			for _, want := range []string{"app_scala@127.0.0.1", "running", "1 changed", "s old"} {
				if !strings.Contains(got.Says, want) {
					t.Errorf("says %q, want %q in it", got.Says, want)
				}
			}
			if strings.Contains(got.Says, sandbox.UserRails) || strings.Contains(got.Says, "tandem@") {
				t.Errorf("says %q", got.Says)
			}
			if err := writer.Commit(); err != nil {
				t.Fatal(err)
			}
			b.becomes(g, true) // not at once: InnoDB's list is kept for a moment
		})
	}
}

func TestLongKills(t *testing.T) {
	t.Parallel()
	b := withServers(t, pairOfOwn(t), "shop", plans.Terms{})
	b.exec("GRANT CONNECTION_ADMIN ON *.* TO tandem@'%'")
	a, _ := newLong(plans.Step{Spec: &plans.LongTransactions{After: plans.Duration(6 * time.Second), Then: plans.ThenKill}})
	victim := b.open(sandbox.UserScala, "UPDATE a SET v = 9 WHERE id = 1")
	reader := b.open(sandbox.UserRails, "SELECT * FROM a")
	own := b.open(sandbox.UserTandem, "UPDATE b SET v = 3 WHERE id = 1")
	time.Sleep(7 * time.Second)
	young := b.open(sandbox.UserRails, "INSERT INTO b VALUES (7, 7)")
	if err := a.Apply(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	data, err := a.Confirm(t.Context(), b.run)
	if err != nil || data["says"] != "1 killed, and gone" {
		t.Errorf("%v, %v", data, err)
	}
	if notes := b.notes.take(); len(notes) != 1 || !strings.Contains(notes[0]["kills"].(string), "app_scala@127.0.0.1") {
		t.Errorf("the journal has %v", notes)
	}
	if _, err := victim.Exec("SELECT 1"); err == nil {
		t.Error("the long transaction was not killed")
	}
	for name, tx := range map[string]*sql.Tx{"a snapshot": reader, "tandem's own": own, "a young one": young} {
		if err := tx.Commit(); err != nil {
			t.Errorf("%s was killed: %v", name, err)
		}
	}
	if err := a.Apply(t.Context(), b.run); err != nil { // again
		t.Error(err)
	}
}

// Where the right to kill is missing, nothing is half done, and the error says
// who is in the way.
func TestLongMayNotKill(t *testing.T) {
	t.Parallel()
	b := withServers(t, sandboxtest.Pair56(t), "shop", plans.Terms{})
	a, _ := newLong(plans.Step{Spec: &plans.LongTransactions{After: plans.Duration(time.Second), Then: plans.ThenKill}})
	b.open(sandbox.UserScala, "UPDATE a SET v = 9")
	time.Sleep(1500 * time.Millisecond)
	if err := a.Apply(t.Context(), b.run); err == nil || !strings.Contains(err.Error(), "app_scala@127.0.0.1") {
		t.Errorf("error %v", err)
	}
}

// Where the server tells who has locked what, only those in the way count.
func TestLongByLocks(t *testing.T) {
	t.Parallel()
	b := withServers(t, pairOfOwn(t, sandboxtest.WithSourceArgs("--performance-schema=ON")), "shop", plans.Terms{})
	b.exec("CREATE TABLE shop.other (id INT PRIMARY KEY)")
	_, g := newLong(plans.Step{Spec: &plans.LongTransactions{After: plans.Duration(time.Second), Then: plans.ThenWait}})
	b.open(sandbox.UserRails, "INSERT INTO other VALUES (1)")
	time.Sleep(1500 * time.Millisecond)
	b.holds(g)
	b.open(sandbox.UserScala, "SELECT * FROM a WHERE id = 1 FOR UPDATE")
	if got := b.becomes(g, false); !strings.Contains(got.Says, "app_scala") || strings.Contains(got.Says, "app_rails") {
		t.Errorf("says %q", got.Says)
	}
}

// A transaction whose session is gone can only be ended by a person.
func TestLongPrepared(t *testing.T) {
	t.Parallel()
	b := withServers(t, pairOfOwn(t), "shop", plans.Terms{})
	conn, err := sandboxtest.DB(t, b.source, sandbox.UserScala, "shop").Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"XA START 'x'", "UPDATE a SET v = 9", "XA END 'x'", "XA PREPARE 'x'"} {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	conn.Raw(func(any) error { return context.Canceled })
	conn.Close()
	var g runner.Gate
	_, g = newLong(plans.Step{})
	got := b.becomes(g, false)
	if !strings.Contains(got.Says, "XA") && !strings.Contains(got.Says, "session") {
		t.Errorf("says %q", got.Says)
	}
	b.exec("XA ROLLBACK 'x'")
	b.becomes(g, true)
}
