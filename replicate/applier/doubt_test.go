package applier_test

import (
	"testing"

	"tandem/internal/fault"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate/applier"
)

// TestCommitWithoutAnswer stops a stream while the answer to a COMMIT is missing,
// and positions are unsaved that were passed over: what the stream still believes
// must not be written over what the target holds.
func TestCommitWithoutAnswer(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	source := sandboxtest.RootDB(t, pair.Source, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE doubt", "CREATE TABLE doubt.t (id INT PRIMARY KEY)",
		"CREATE DATABASE elsewhere", "CREATE TABLE elsewhere.t (id INT AUTO_INCREMENT PRIMARY KEY)")
	s := newStream(t, pair, "doubt", executed(t, pair.Source))
	proxy, err := fault.Listen(pair.Target.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	s.target.Addr = proxy.Addr()

	sandboxtest.Exec(t, source, "INSERT INTO doubt.t VALUES (1)", "INSERT INTO elsewhere.t VALUES ()")
	passed := executed(t, pair.Source)
	var armed *fault.Armed
	_, err = s.run(func(p applier.Progress) bool {
		switch {
		case armed != nil:
			select {
			case <-armed.Fired():
				return true
			default:
				return false
			}
		case !p.Position.ContainsSet(passed):
			return false
		case p.Saved:
			sandboxtest.Exec(t, source, "INSERT INTO elsewhere.t VALUES ()")
			passed = executed(t, pair.Source)
			return false
		}
		armed = proxy.Arm(fault.Trigger{Do: fault.Hang, Said: []byte("COMMIT"), Way: fault.ToClient})
		sandboxtest.Exec(t, source, "INSERT INTO doubt.t VALUES (2)")
		return false
	})
	t.Logf("the stream ended with %v", err)
	target := sandboxtest.RootDB(t, pair.Target, "doubt")
	var n int
	if err := target.QueryRow("SELECT COUNT(*) FROM t").Scan(&n); err != nil || n != 2 {
		t.Fatalf("%d rows are there, want both: %v", n, err)
	}
	sandboxtest.Exec(t, source, "INSERT INTO doubt.t VALUES (3)")
	if _, err := s.catchUp(); err != nil {
		t.Fatalf("going on from the checkpoint: %v", err)
	}
	if err := target.QueryRow("SELECT COUNT(*) FROM t").Scan(&n); err != nil || n != 3 {
		t.Errorf("%d rows are there, want 3: %v", n, err)
	}
}
