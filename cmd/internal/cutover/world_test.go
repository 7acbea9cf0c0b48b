package cutover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// patience is how long anything that must end may take. Nothing that works waits
// for it.
const patience = 2 * time.Minute

// world is a migration in full swing: both links run, the rows are equal, and a
// bank writes.
type world struct {
	t      *testing.T
	dir    string
	pair   *sandbox.Pair
	source *fault.Proxy // the way of the runner and the links to the source
	daemon *life
	bank   *bank
	held   func() // is called while a commit is held up
}

const plan = `version: 1
name: bank-to-aurora
stages:
  - name: one
    handover: ["*"]
    approve: {within: 2m}
    gates: {timeout: 60s, lag: {below: 5s}%s}
    pause_budget: %s
%s`

// options change the plan.
type options struct {
	gates  string // more gates
	budget string
	more   string // more keys of the stage
}

func newWorld(t *testing.T, o options) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("takes real servers, and its time")
	}
	w := &world{t: t, dir: t.TempDir(), pair: sandboxtest.Pair(t)}
	var err error
	if w.source, err = fault.Listen(net.JoinHostPort(w.pair.Source.Host(), fmt.Sprint(w.pair.Source.Port))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.source.Close() }) // the test is over
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nmigration: bank\n")
	for _, s := range []struct {
		server *sandbox.Server
		port   int
	}{{w.pair.Source, w.source.Port()}, {w.pair.Target, w.pair.Target.Port}} {
		w.write(s.server.Name()+".password", s.server.Password()+"\n")
		fmt.Fprintf(&b, "%s: {host: 127.0.0.1, port: %d, user: %s, password: {file: %s.password}}\n",
			s.server.Name(), s.port, sandbox.UserTandem, s.server.Name())
	}
	fmt.Fprintf(&b, "tables: {include: [\"bank.*\"]}\n")
	w.write("tandem.yaml", b.String())
	if o.budget == "" {
		o.budget = "5s"
	}
	w.write("plan.yaml", fmt.Sprintf(plan, o.gates, o.budget, o.more))
	w.bank = openBank(t, w.pair)
	w.replicate()
	w.until("the copy to be done", func() bool { return w.live(knobs{}, "verify").code() == 0 })
	w.bank.start()
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// replicate starts the daemon.
func (w *world) replicate() { w.daemon = w.live(knobs{}, "replicate") }

// until waits for something to become true.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// life is one run of the program.
type life struct {
	t       *testing.T
	args    []string
	command *exec.Cmd
	mu      sync.Mutex
	out     bytes.Buffer
	err     bytes.Buffer
	ended   chan struct{}
}

// Write takes what the program says on standard error.
func (l *life) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err.Write(p)
}

func (l *life) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err.String()
}

func (w *world) live(k knobs, args ...string) *life {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(k)
	if err != nil {
		w.t.Fatal(err)
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	defer theirs.Close()
	l := &life{t: w.t, args: args, ended: make(chan struct{})}
	l.command = exec.Command(self, args...)
	l.command.Dir, l.command.Env = w.dir, append(os.Environ(), programVariable+"="+string(text))
	l.command.Stdout, l.command.Stderr = &l.out, l
	l.command.ExtraFiles = []*os.File{theirs}
	if err := l.command.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		_ = l.command.Wait() // its code is looked at
		_ = ours.Close()     // nobody reads it any more
		close(l.ended)
	}()
	w.t.Cleanup(func() {
		l.signal(syscall.SIGCONT)
		l.kill()
		if w.t.Failed() && args[0] != "verify" && len(l.said()) > 0 {
			said := l.said()
			w.t.Logf("tandem %s: %s", strings.Join(args, " "), said[max(0, len(said)-4000):])
		}
	})
	return l
}

func (l *life) signal(s syscall.Signal) { _ = l.command.Process.Signal(s) } // it may be gone

func (l *life) kill() {
	l.signal(syscall.SIGKILL)
	<-l.ended
}

// code waits for the end and returns the exit code, -1 after a signal.
func (l *life) code() int {
	l.t.Helper()
	select {
	case <-l.ended:
	case <-time.After(patience):
		l.t.Fatalf("tandem %s does not end: %s", strings.Join(l.args, " "), l.said())
	}
	var exit *exec.ExitError
	if errors.As(l.command.Wait(), &exit) {
		return exit.ExitCode()
	}
	return l.command.ProcessState.ExitCode()
}

// want waits for the end, which must be this one.
func (l *life) want(code int) *life {
	l.t.Helper()
	if got := l.code(); got != code {
		l.t.Fatalf("tandem %s: exit code %d, want %d: %s%s", strings.Join(l.args, " "), got, code, l.out.String(), l.said())
	}
	return l
}

// run starts a plan, and approves its stage as soon as it waits for that.
func (w *world) run(k knobs, args ...string) *life {
	w.t.Helper()
	l := w.live(k, append([]string{"plan", "run", "--unrehearsed", "--confirm=bank"}, args...)...)
	w.approve(l)
	return l
}

func (w *world) approve(l *life) {
	w.t.Helper()
	w.until("the stage to be approved", func() bool {
		select {
		case <-l.ended:
			return true
		default:
		}
		return strings.Contains(l.said(), "wait for a person") && w.live(knobs{}, "plan", "approve", "one", "--digest", w.digest()).code() == 0
	})
}

// digest is that of the plan.
func (w *world) digest() string {
	w.t.Helper()
	l := w.live(knobs{}, "plan", "show", "-o", "json").want(0)
	var shown struct{ Digest struct{ Sum string } }
	if err := json.Unmarshal(l.out.Bytes(), &shown); err != nil {
		w.t.Fatal(err)
	}
	return shown.Digest.Sum
}

// owner is who owns the group, as one side's row says.
func (w *world) owner(side *sandbox.Server) (owner string) {
	w.t.Helper()
	db := sandboxtest.RootDB(w.t, side, "")
	if err := db.QueryRow(`SELECT owner FROM _tandem.ownership WHERE migration = 'bank' AND group_name = 'default'`).Scan(&owner); err != nil {
		w.t.Fatal(err)
	}
	return owner
}
