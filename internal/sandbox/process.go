package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a running mysqld: one that this process started, or one that an
// earlier process started and that was found again by its pid.
type process struct {
	pid int
	// done is closed when the process has ended.
	done chan struct{}
	// exit is how it ended; valid once done is closed.
	exit error
	stop func(os.Signal) error
}

// startProcess starts a program. Unless it is to be detached, it dies with this
// process: the kernel sends SIGKILL when the thread that started it ends, so
// that thread is kept, locked, waiting for the child.
func startProcess(argv []string, output *os.File, detach bool) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = processAttributes(detach)
	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		if !detach {
			runtime.LockOSThread() // never unlocked: the thread ends with the child
		}
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.exit = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	p.pid = cmd.Process.Pid
	p.stop = cmd.Process.Signal
	return p, nil
}

// terminate asks the process to end and waits for it; when ctx ends first, it
// is killed.
func (p *process) terminate(ctx context.Context) error {
	if err := p.stop(syscall.SIGTERM); err != nil {
		return p.kill() // already gone, or about to be
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return p.kill()
	}
}

// kill ends the process at once and waits until the kernel has reaped it.
func (p *process) kill() error {
	_ = p.stop(syscall.SIGKILL) // it may have ended by itself
	<-p.done
	return nil
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}
