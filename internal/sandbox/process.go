package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a running mysqld.
type process interface {
	id() int
	running() bool
	// terminate asks the process to end and waits for it; when ctx ends first,
	// it is killed.
	terminate(ctx context.Context) error
	// kill ends the process at once and waits until it is gone.
	kill() error
}

// child is a mysqld that this process started.
type child struct {
	pid  int
	stop func(os.Signal) error
	// done is closed when the process has ended and been reaped.
	done chan struct{}
}

// startChild starts a program. Unless it is to be detached, it dies with this
// process: the kernel sends SIGKILL when the thread that started it ends, so
// that thread is kept, locked, waiting for the child.
func startChild(argv []string, output *os.File, detach bool) (*child, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = processAttributes(detach)
	c := &child{done: make(chan struct{})}
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
		_ = cmd.Wait() // how it ended stands in its log
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	c.pid, c.stop = cmd.Process.Pid, cmd.Process.Signal
	return c, nil
}

func (c *child) id() int { return c.pid }

func (c *child) running() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

func (c *child) terminate(ctx context.Context) error {
	if err := c.stop(syscall.SIGTERM); err != nil {
		return c.kill() // already gone, or about to be
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return c.kill()
	}
}

func (c *child) kill() error {
	_ = c.stop(syscall.SIGKILL) // it may have ended by itself
	<-c.done
	return nil
}
