package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything that must end may take. Nothing that works
// waits for it.
const patience = 3 * time.Minute

// killedBySignal is the exit code of a life that a signal ended.
const killedBySignal = -1

// life is one run of the program, from its start to its end.
type life struct {
	t       testing.TB
	args    []string
	command *exec.Cmd
	errors  string // file with what it wrote to standard error
	ended   chan struct{}
	err     error
}

// live starts the program in the migration's folder.
func (m *migration) live(k knobs, args ...string) *life {
	m.t.Helper()
	m.lives++
	l := &life{t: m.t, args: args, errors: filepath.Join(m.dir, fmt.Sprintf("stderr.%d", m.lives)), ended: make(chan struct{})}
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	text, err := json.Marshal(k)
	if err != nil {
		m.t.Fatal(err)
	}
	output, err := os.Create(l.errors)
	if err != nil {
		m.t.Fatal(err)
	}
	defer output.Close()
	l.command = exec.Command(self, args...)
	l.command.Dir = m.dir
	l.command.Env = append(os.Environ(), programVariable+"="+string(text))
	l.command.Stdout, l.command.Stderr = output, output
	// The program ends with this process, however that ends: see dieWithParent.
	theirs, ours, err := os.Pipe()
	if err != nil {
		m.t.Fatal(err)
	}
	defer theirs.Close()
	l.command.ExtraFiles = []*os.File{theirs}
	if err := l.command.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() {
		l.err = l.command.Wait()
		_ = ours.Close() // nobody reads it any more
		close(l.ended)
	}()
	m.t.Cleanup(l.kill)
	return l
}

// replicate starts tandem replicate.
func (m *migration) replicate(k knobs) *life { return m.live(k, "replicate") }

// catchUp replicates until the target has what the source has now.
func (m *migration) catchUp(k knobs) {
	m.t.Helper()
	m.live(k, "replicate", "--until", "caught-up").want(0)
}

func (l *life) signal(s os.Signal) {
	if err := l.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		l.t.Errorf("signal tandem: %v", err)
	}
}

// kill ends the program as the system would, and waits until it is gone.
func (l *life) kill() {
	l.signal(syscall.SIGKILL)
	<-l.ended
}

func (l *life) running() bool {
	select {
	case <-l.ended:
		return false
	default:
		return true
	}
}

// wait waits for the end and returns the exit code.
func (l *life) wait() int {
	l.t.Helper()
	select {
	case <-l.ended:
	case <-time.After(patience):
		l.signal(syscall.SIGCONT)
		l.signal(syscall.SIGQUIT) // its goroutines tell where it hangs
		<-l.ended
		l.t.Fatalf("tandem %s hangs: %s", strings.Join(l.args, " "), l.said(30000))
	}
	return l.code()
}

// code is the exit code of a life that has ended.
func (l *life) code() int {
	l.t.Helper()
	var exit *exec.ExitError
	if l.err != nil && !errors.As(l.err, &exit) {
		l.t.Fatal(l.err)
	}
	return l.command.ProcessState.ExitCode()
}

// want waits for the end and fails the test if it is another one.
func (l *life) want(code int) *life {
	l.t.Helper()
	if got := l.wait(); got != code {
		l.t.Fatalf("tandem %s: exit code %d, want %d: %s", strings.Join(l.args, " "), got, code, l.said(6000))
	}
	return l
}

// stop ends a running replication the polite way.
func (l *life) stop() {
	l.t.Helper()
	l.signal(os.Interrupt)
	l.want(130)
}

// said is the end of what it wrote.
func (l *life) said(most int) string {
	text, err := os.ReadFile(l.errors)
	if err != nil {
		return err.Error()
	}
	if len(text) > most {
		return "..." + string(text[len(text)-most:])
	}
	return string(text)
}
