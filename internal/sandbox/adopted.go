package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// adopted is a mysqld that an earlier process started, found again through its
// pid file. Process ids are used again, so before anything is done to one, its
// command line must name the data directory.
type adopted struct {
	pid  int
	data string
}

// adopt finds the server of a place; ok is false when it does not run.
func adopt(p place) (a *adopted, ok bool) {
	text, err := os.ReadFile(p.pidFile)
	if err != nil {
		return nil, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return nil, false
	}
	a = &adopted{pid: pid, data: p.data}
	return a, a.running()
}

func (a *adopted) id() int { return a.pid }

func (a *adopted) running() bool {
	return bytes.Contains(commandLine(a.pid), []byte("--datadir="+a.data)) && !a.gone()
}

// commandLine is how a process was started. It is empty when there is none,
// and as soon as it has begun to end.
func commandLine(pid int) []byte {
	if hasProc() {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		return line
	}
	line, _ := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return line
}

// gone reports whether the process has let go of everything: there is none, or
// it only waits to be reaped, which in a container may take for ever.
func (a *adopted) gone() bool {
	var state string
	if hasProc() {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", a.pid))
		if err != nil {
			return true
		}
		// pid (name) state ...: the name may hold anything, so from its end on.
		state = string(bytes.TrimSpace(stat[bytes.LastIndexByte(stat, ')')+1:]))
	} else {
		out, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(a.pid)).Output()
		if err != nil {
			return true
		}
		state = strings.TrimSpace(string(out))
	}
	return strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X")
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

func (a *adopted) terminate(ctx context.Context) error {
	if !a.running() {
		return nil
	}
	if err := a.signal(syscall.SIGTERM); err != nil {
		return err
	}
	if a.waitGone(ctx) == nil {
		return nil
	}
	return a.kill()
}

func (a *adopted) kill() error {
	if !a.running() {
		return nil
	}
	if err := a.signal(syscall.SIGKILL); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return a.waitGone(ctx)
}

func (a *adopted) signal(signal os.Signal) error {
	process, err := os.FindProcess(a.pid)
	if err == nil {
		err = process.Signal(signal)
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal process %d: %w", a.pid, err)
	}
	return nil
}

// waitGone polls, since only a parent can wait for a process.
func (a *adopted) waitGone(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !a.gone() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("process %d does not end: %w", a.pid, context.Cause(ctx))
		case <-tick.C:
		}
	}
	return nil
}
