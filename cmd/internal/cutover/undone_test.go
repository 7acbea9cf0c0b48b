package cutover

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/sandbox/sandboxtest"
)

// TestBudgetSpent: the link stops in the pause. When the budget is spent writers
// go on where they were, and nobody has seen an error.
func TestBudgetSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{budget: "2s"})
	w.writes(0)
	l := w.run(knobs{Point: "pause ready", Do: "stop-other", Other: w.daemon.command.Process.Pid}).want(4)
	if !strings.Contains(l.said(), "pause budget of 2s was spent") {
		t.Errorf("it does not say why: %s", l.said())
	}
	w.writes(0)
	w.daemon.signal(syscall.SIGCONT)
	w.live(knobs{}, "plan", "repair").want(0)
	w.run(knobs{}).want(0)
	w.writes(1)
	w.judge()
}

// TestAbort stops a run from elsewhere while it waits for its gates, and one
// whose runner is dead.
func TestAbort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{gates: ", sql: [{name: never, side: source, query: \"SELECT 0\", expect: \"1\", timeout: 5s}]"})
	l := w.run(knobs{})
	w.until("the gates to be asked", func() bool { return strings.Contains(l.said(), "gates hold; waiting for") })
	w.live(knobs{}, "plan", "run", "--unrehearsed", "--confirm=bank").want(12) // one at a time
	w.live(knobs{}, "plan", "abort", "--confirm=bank").want(0)
	l.want(4)
	w.noGuards()
	l = w.run(knobs{Point: "arm recorded", Do: "kill"}).want(-1)
	w.live(knobs{}, "plan", "run", "--unrehearsed", "--confirm=bank").want(1) // one has not ended
	w.live(knobs{}, "plan", "abort", "--confirm=bank").want(0)
	w.noGuards()
	w.live(knobs{}, "plan", "resume", "--confirm=bank").want(1)
	w.writes(0)
	w.judge()
}

// noGuards makes sure that nothing is left of what was armed.
func (w *world) noGuards() {
	w.t.Helper()
	for _, s := range w.pair.Servers() {
		var n int
		if err := sandboxtest.RootDB(w.t, s, "").QueryRow("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'bank'").Scan(&n); err != nil {
			w.t.Fatal(err)
		}
		if n > 0 {
			w.t.Errorf("%d guards are left on the %s", n, s.Name())
		}
	}
}

// TestStoppedRunner: a runner is stopped with the fence up. The server ends its
// session, writers go on, another runner takes over and hands over; the first
// one wakes up and does no harm.
func TestStoppedRunner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{budget: "2s"})
	w.writes(0)
	first := w.run(knobs{Point: "commit begun", Do: "stop"})
	w.reached()
	w.writes(0) // the server has ended the fence
	w.live(knobs{}, "plan", "resume", "--confirm=bank").want(12)
	w.live(knobs{}, "plan", "resume", "--confirm=bank", "--take-over").want(0)
	w.writes(1)
	first.signal(syscall.SIGCONT)
	if code := first.code(); code != 12 && code != 4 && code != 1 {
		t.Errorf("the first runner ends with %d: %s", code, first.said())
	}
	w.writes(1)
	if got := w.owner(w.pair.Source); got != "target" {
		t.Errorf("the %s owns the group", got)
	}
	w.live(knobs{}, "plan", "repair").want(0)
	w.judge()
}

// reached waits until the program has come to the point that it was given.
func (w *world) reached() string {
	w.t.Helper()
	file := filepath.Join(w.dir, reachedFile)
	w.until("the point to be reached", func() bool {
		_, err := os.Stat(file)
		return err == nil
	})
	return file
}

// fenceSays is what only the fence's session says.
var fenceSays = []byte("SET SESSION wait_timeout=5")

// cutCommit runs the plan and lets a trigger go off at the commit of the handover.
func (w *world) cutCommit(k knobs, trigger fault.Trigger, fired func()) *life {
	w.t.Helper()
	k.Point, k.Do = "commit begun", "wait"
	trigger.Said, trigger.Only = []byte("COMMIT"), fenceSays
	l := w.run(k)
	file := w.reached()
	if w.held != nil {
		w.held()
	}
	armed := w.source.Arm(trigger)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-armed.Fired():
			fired()
		case <-l.ended:
		}
	}()
	if err := os.Remove(file); err != nil {
		w.t.Fatal(err)
	}
	l.code()
	<-done
	return l
}

// TestLostCommit cuts the connection at the commit: before the server gets it,
// and inside its answer. Which of the two it was is found out.
func TestLostCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.writes(0)
	w.cutCommit(knobs{}, fault.Trigger{Do: fault.Cut, Way: fault.ToServer}, func() {}).want(4)
	w.writes(0)
	w.cutCommit(knobs{}, fault.Trigger{Do: fault.Cut, Way: fault.ToClient, After: 3}, func() {}).want(0)
	w.writes(1)
	w.judge()
}

// TestAmbiguous: the answer is lost, and the owner's side with it. Nobody guesses;
// when it is back, the truth is told, and the run goes on.
func TestAmbiguous(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.writes(0)
	w.held = func() { w.daemon.signal(syscall.SIGSTOP) } // or the target would learn it, and tell
	w.cutCommit(knobs{Patience: 2 * time.Second}, fault.Trigger{Do: fault.Cut, Way: fault.ToClient, After: 3}, func() {
		w.source.Set(fault.Conditions{Refuse: true})
		w.source.CutAll()
	}).want(6)
	w.live(knobs{}, "plan", "repair").want(6)
	w.source.Set(fault.Conditions{})
	w.daemon.signal(syscall.SIGCONT)
	l := w.live(knobs{}, "plan", "repair").want(0)
	if !strings.Contains(l.out.String(), "stage one of run") || !strings.Contains(l.out.String(), "was handed over") {
		t.Errorf("repair does not tell: %s", l.out.String())
	}
	w.live(knobs{}, "plan", "resume", "--confirm=bank").want(0)
	w.writes(1)
	w.judge()
}

// TestRefusals: what keeps a plan from running.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.live(knobs{}, "plan", "run", "--confirm=bank").want(1) // not rehearsed
	w.live(knobs{}, "plan", "run", "--unrehearsed").want(2)  // nobody to ask
	w.live(knobs{}, "plan", "run", "--unrehearsed", "--confirm=other").want(2)
	w.live(knobs{}, "plan", "run", "--unrehearsed", "--confirm=bank", "--digest", "0123456789").want(2)
	shown := w.live(knobs{}, "plan", "show", "-o", "json").want(0)
	w.write("shown.json", shown.out.String())
	w.live(knobs{}, "plan", "run", "--dry-run", "--digest", "shown.json").want(0)
	sandboxtest.Exec(t, sandboxtest.RootDB(t, w.pair.Source, ""), "ALTER TABLE bank.account ADD COLUMN note VARCHAR(10)")
	l := w.live(knobs{}, "plan", "run", "--unrehearsed", "--confirm=bank", "--digest", "shown.json").want(2)
	if !strings.Contains(l.said(), "table bank.account has changed") {
		t.Errorf("it does not say what has drifted: %s", l.said())
	}
	w.live(knobs{}, "rollback", "--confirm=bank").want(1) // nothing to bring back
	w.live(knobs{}, "plan", "abort", "--confirm=bank").want(1)
	w.noGuards()
	w.judge()
}
