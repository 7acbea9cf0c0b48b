package clouds

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything that must end may take. Nothing that works waits
// for it.
const patience = 90 * time.Second

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

// stream takes what the program says on one of its outputs.
type stream struct {
	l  *life
	to *bytes.Buffer
}

func (s stream) Write(p []byte) (int, error) {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	return s.to.Write(p)
}

// said is all that it has said so far, results and messages.
func (l *life) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String() + l.err.String()
}

// live starts the program.
func (w *world) live(args ...string) *life {
	w.t.Helper()
	self, err := os.Executable()
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
	l.command.Dir, l.command.Env = w.dir, append(append(os.Environ(), programVariable+"=1"), w.env...)
	l.command.Stdout, l.command.Stderr = stream{l, &l.out}, stream{l, &l.err}
	l.command.ExtraFiles = []*os.File{theirs}
	if err := l.command.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		_ = l.command.Wait() // its code is looked at
		_ = ours.Close()     // nobody reads it any more
		close(l.ended)
	}()
	w.lives = append(w.lives, l)
	w.t.Cleanup(func() {
		_ = l.command.Process.Signal(syscall.SIGKILL) // it may be gone
		<-l.ended
		if w.t.Failed() && args[0] != "verify" {
			said := l.said()
			w.t.Logf("tandem %s: %s", strings.Join(args, " "), said[max(0, len(said)-6000):])
		}
	})
	return l
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
		l.t.Fatalf("tandem %s: exit code %d, want %d: %s", strings.Join(l.args, " "), got, code, l.said())
	}
	return l
}

// end lets the program stop as Ctrl-C does.
func (l *life) end() {
	l.t.Helper()
	_ = l.command.Process.Signal(os.Interrupt) // it may be gone
	l.code()
}
