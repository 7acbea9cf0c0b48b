package cutover

import (
	"strings"
	"testing"
	"time"

	"tandem/internal/sandbox/sandboxtest"
)

// TestDeadTarget: the new side dies with transactions that have not come back.
// The old side takes over without them; when the dead one returns it is closed,
// and what had not come back is kept, and not applied.
func TestDeadTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.writes(0)
	w.run(knobs{}).want(0)
	w.writes(1)
	w.bank.close()
	time.Sleep(2 * time.Second) // the links say once a second how they stand
	w.daemon.kill()
	target := sandboxtest.RootDB(t, w.pair.Target, "")
	// A number that the old side does not give out: the same one on both sides is a
	// conflict, which stops the forward link, and a person must say which row is right.
	sandboxtest.Exec(t, target, "INSERT INTO bank.numbered (id, transfer) VALUES (1000000, 'never came back')")
	if err := w.pair.Target.Kill(); err != nil {
		t.Fatal(err)
	}
	w.live(knobs{}, "rollback", "--confirm=bank").want(2) // it is asked, and nobody is there
	l := w.live(knobs{}, "rollback", "--confirm=bank", "--without=target").want(0)
	if !strings.Contains(l.said(), "unknown until the target returns") {
		t.Errorf("it does not say what is not known: %s", l.said())
	}
	source := sandboxtest.RootDB(t, w.pair.Source, "")
	if got := w.owner(w.pair.Source); got != "source" {
		t.Fatalf("the %s owns the group", got)
	}
	sandboxtest.Exec(t, source, "INSERT INTO bank.numbered (transfer) VALUES ('on the old side')")
	var noted int
	if err := source.QueryRow("SELECT COUNT(*) FROM _tandem.reconcile WHERE side = 'target'").Scan(&noted); err != nil || noted != 1 {
		t.Errorf("%d things to look at are written down: %v", noted, err)
	}
	if err := w.pair.Target.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.replicate()
	w.until("the target to learn who owns the group", func() bool {
		// While the server begins it can not be asked.
		var owner string
		err := sandboxtest.RootDB(t, w.pair.Target, "").QueryRow("SELECT owner FROM _tandem.ownership WHERE migration = 'bank'").Scan(&owner)
		return err == nil && owner == "source"
	})
	w.until("what had not come back to be kept", func() bool {
		var n int
		err := source.QueryRow("SELECT COUNT(*) FROM _tandem.breach").Scan(&n)
		return err == nil && n > 0
	})
	var applied int
	if err := source.QueryRow("SELECT COUNT(*) FROM bank.numbered WHERE transfer = 'never came back'").Scan(&applied); err != nil || applied > 0 {
		t.Errorf("what had not come back was applied %d times: %v", applied, err)
	}
	w.live(knobs{}, "plan", "repair").want(0)
}
