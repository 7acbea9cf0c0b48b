package ownership_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// pool opens the source of a pair of its own as tandem's user, with the tables and
// the records of two groups in it.
func pool(t *testing.T) (*sandbox.Server, *sql.DB) {
	t.Helper()
	pair := sandboxtest.Pair(t)
	db, err := mysqldb.Open(t.Context(), mysqldb.Endpoint{
		Name: "source", Network: "tcp", Addr: pair.Source.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return pair.Source.Password(), nil },
	}, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, sql := range ownership.Tables {
		sandboxtest.Exec(t, db, sql)
	}
	if err := ownership.Begin(t.Context(), db, "m", []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	return pair.Source, db
}

func records(t *testing.T, db *sql.DB) map[string]ownership.Record {
	t.Helper()
	r, err := ownership.Load(t.Context(), db, "m")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFence raises, hands over and lets go, and lets every kind of end happen.
func TestFence(t *testing.T) {
	t.Parallel()
	_, db := pool(t)
	ctx := t.Context()
	both := []string{"a", "b"}
	options := ownership.FenceOptions{Budget: 5 * time.Second, Wait: time.Second}
	begin := records(t, db)

	f, err := ownership.Raise(ctx, db, "m", ownership.Source, both, options)
	if err != nil {
		t.Fatal(err)
	}
	// Somebody else waits, as writers do, and a second fence is told so.
	_, err = ownership.Raise(ctx, db, "m", ownership.Source, []string{"b"}, options)
	if _, busy := errors.AsType[*ownership.BusyError](err); !busy {
		t.Errorf("a second fence: %v", err)
	}
	if err := f.LetGo(ctx); err != nil {
		t.Error(err)
	}
	if err := f.LetGo(ctx); err != nil {
		t.Errorf("let go of twice: %v", err)
	}
	if d := cmp.Diff(begin, records(t, db)); d != "" {
		t.Errorf("a fence that was let go of has left: %s", d)
	}
	if _, err := f.HandOver(ctx, ownership.Target); err == nil {
		t.Error("a fence that is down hands over")
	}

	// The server ends it by itself.
	f, err = ownership.Raise(ctx, db, "m", ownership.Source, both, ownership.FenceOptions{Budget: time.Second, Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if _, err := db.ExecContext(ctx, "UPDATE _tandem.ownership SET epoch=epoch WHERE migration='m'"); err != nil {
		t.Error(err)
	}
	if d := time.Since(begun); d > 10*time.Second {
		t.Errorf("a runner that hangs holds the fence for %s", d)
	}
	if _, err := f.HandOver(ctx, ownership.Target); err == nil {
		t.Error("a fence that the server has ended hands over")
	} else if _, unknown := errors.AsType[*ownership.UnknownError](err); unknown {
		t.Errorf("a fence that the server has ended before the update: %v", err)
	}
	if d := cmp.Diff(begin, records(t, db)); d != "" {
		t.Errorf("a fence that the server has ended has left: %s", d)
	}

	f, err = ownership.Raise(ctx, db, "m", ownership.Source, both, options)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.HandOver(ctx, ownership.Target)
	if err != nil {
		t.Fatal(err)
	}
	want := []ownership.Record{{Group: "a", Owner: ownership.Target, Epoch: 2}, {Group: "b", Owner: ownership.Target, Epoch: 2}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]ownership.Record{"a": want[0], "b": want[1]}, records(t, db)); d != "" {
		t.Error(d)
	}
	_, err = ownership.Raise(ctx, db, "m", ownership.Source, both, options)
	if no, is := errors.AsType[*ownership.NotOwnerError](err); !is || no.Record != want[0] {
		t.Errorf("a fence on what is not owned: %v", err)
	}
	_, err = ownership.Raise(ctx, db, "m", ownership.Source, []string{"c"}, options)
	if no, is := errors.AsType[*ownership.NotOwnerError](err); !is || no.Record.Group != "" {
		t.Errorf("a fence on a group that is not there: %v", err)
	}
}

// TestFenceGivesUp: a caller that gives up while the lock is waited for leaves
// nothing in the queue of locks.
func TestFenceGivesUp(t *testing.T) {
	t.Parallel()
	_, db := pool(t)
	holder, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer mysqldb.Discard(holder)
	for _, sql := range []string{"BEGIN", "SELECT * FROM _tandem.ownership WHERE migration='m' FOR UPDATE"} {
		if _, err := holder.ExecContext(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	_, err = ownership.Raise(t.Context(), db, "m", ownership.Source, []string{"a"},
		ownership.FenceOptions{Budget: time.Minute, Wait: 100 * time.Millisecond})
	if _, busy := errors.AsType[*ownership.BusyError](err); !busy {
		t.Fatalf("got %v", err)
	}
	var waiting int
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state='LOCK WAIT'").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d transactions still wait", waiting)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestAnswerLost cuts the line under the commit.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	_, db := pool(t)
	f, err := ownership.Raise(t.Context(), db, "m", ownership.Source, []string{"a"}, ownership.FenceOptions{Budget: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	// The update gets through; the commit's answer does not come, as the context
	// has ended by then.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.HandOver(ctx, ownership.Target); err == nil {
		t.Error("handed over with a context that has ended")
	}
	if r := records(t, db)["a"]; r.Owner != ownership.Source || r.Epoch != 1 {
		t.Errorf("the record is %+v", r)
	}
}

// TestTakeOver: a living side takes what a dead one owned, and fences its link.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	_, db := pool(t)
	sandboxtest.Exec(t, db, "CREATE TABLE _tandem.checkpoint (link VARCHAR(100), epoch INT)",
		"INSERT INTO _tandem.checkpoint VALUES ('m/reverse',3),('m/forward',3)",
		"UPDATE _tandem.ownership SET owner='target', epoch=4 WHERE group_name='a'")
	got, err := ownership.TakeOver(t.Context(), db, "m", ownership.Source, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	want := ownership.Record{Group: "a", Owner: ownership.Source, Epoch: 6}
	if d := cmp.Diff([]ownership.Record{want}, got); d != "" {
		t.Error(d)
	}
	again, err := ownership.TakeOver(t.Context(), db, "m", ownership.Source, []string{"a"})
	if d := cmp.Diff([]ownership.Record{want}, again); err != nil || d != "" {
		t.Errorf("taken over twice: %v %s", err, d)
	}
	var reverse, forward int
	err = db.QueryRowContext(t.Context(), "SELECT MAX(IF(link='m/reverse',epoch,0)), MAX(IF(link='m/forward',epoch,0)) FROM _tandem.checkpoint").Scan(&reverse, &forward)
	if err != nil || reverse != 5 || forward != 3 {
		t.Errorf("epochs of the links: %d %d %v", reverse, forward, err)
	}
}

// TestSignals are sent, looked for, and swept away.
func TestSignals(t *testing.T) {
	t.Parallel()
	_, db := pool(t)
	ctx := t.Context()
	s, err := ownership.Send(ctx, db, "m", ownership.Marker, ownership.Source)
	if err != nil {
		t.Fatal(err)
	}
	if seen, err := ownership.Seen(ctx, db, "m/forward", s.ID); err != nil || seen {
		t.Errorf("seen before it was carried: %v %v", seen, err)
	}
	soon, cancel := context.WithTimeoutCause(ctx, 20*time.Millisecond, errors.New("enough"))
	defer cancel()
	if err := ownership.AwaitSeen(soon, db, "m/forward", s); err == nil || err.Error() != "wait for the marker at m/forward: enough" {
		t.Errorf("waiting ended with %v", err)
	}
	sandboxtest.Exec(t, db, "INSERT INTO _tandem.signal_seen (link, id) SELECT 'm/forward', id FROM _tandem.signal")
	if err := ownership.AwaitSeen(ctx, db, "m/forward", s); err != nil {
		t.Error(err)
	}
	sandboxtest.Exec(t, db, "UPDATE _tandem.signal SET sent_at=sent_at - INTERVAL 2 DAY", "UPDATE _tandem.signal_seen SET seen_at=seen_at - INTERVAL 2 DAY")
	if err := ownership.Sweep(ctx, db); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.QueryRowContext(ctx, "SELECT (SELECT COUNT(*) FROM _tandem.signal)+(SELECT COUNT(*) FROM _tandem.signal_seen)").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left: %v", left, err)
	}
}
