//go:build unix

package program

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := "#!/bin/sh\npwd -P\n"
	if err := os.WriteFile(filepath.Join(dir, "where"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		argv []string
		code int
		last string
		err  string
	}{
		{"ends well", []string{"sh", "-c", "echo one; echo two; echo"}, 0, "two", ""},
		{"ends badly", []string{"sh", "-c", "echo fine; echo broken >&2; exit 3"}, 3, "broken", "run sh: exit status 3: broken"},
		{"says nothing", []string{"true"}, 0, "", ""},
		{"in its folder", []string{"./where"}, 0, real, ""},
		{"no shell", []string{"echo", "$HOME; exit 1"}, 0, "$HOME; exit 1", ""},
		{"no such program", []string{"./nowhere"}, -1, "", "no such file"},
		{"no name", nil, 0, "", "it has no name"},
		{"prints a lot", []string{"sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done"}, 0, "line 2999", ""},
		{"a long line", []string{"sh", "-c", "printf %01000d 7"}, 0, strings.Repeat("0", longest) + "…", ""},
		{"control characters", []string{"printf", `a\033[31mb\000c`}, 0, "a [31mb c", ""},
		{"is killed", []string{"sh", "-c", "kill -9 $$"}, -1, "", "signal: killed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := Run(t.Context(), Program{Argv: test.argv, Dir: dir, Timeout: time.Minute})
			if test.err == "" && err != nil {
				t.Fatal(err)
			}
			var failed *FailedError
			if test.err != "" && (!errors.As(err, &failed) || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want one with %q", err, test.err)
			}
			if got.Code != test.code || got.Last != test.last {
				t.Errorf("code %d, last line %q; want %d, %q", got.Code, got.Last, test.code, test.last)
			}
		})
	}
}

// A program that takes too long is ended with what it has started.
func TestTimeoutEndsTheGroup(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	begun := time.Now()
	_, err := Run(t.Context(), Program{
		Argv: []string{"sh", "-c", "sleep 300 & echo $! > " + pidFile + "; echo waiting; wait"}, Timeout: 500 * time.Millisecond,
	})
	var timeout *TimeoutError
	var failed *FailedError
	if !errors.As(err, &timeout) || !errors.As(err, &failed) || failed.Result.Last != "waiting" {
		t.Fatalf("error %v, want a timeout after it said that it waits", err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	requireGone(t, pidFile)
}

func TestContextEndsIt(t *testing.T) {
	t.Parallel()
	why := errors.New("the fence is let go of")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
	if _, err := Run(ctx, Program{Argv: []string{"sleep", "300"}, Timeout: time.Minute}); !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
}

// A program that leaves something behind is not waited for beyond its own end.
func TestLeavesADaemon(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	begun := time.Now()
	got, err := Run(t.Context(), Program{Argv: []string{"sh", "-c", "sleep 300 & echo $! > " + pidFile + "; echo started"}, Timeout: time.Minute})
	if err != nil || got.Last != "started" {
		t.Errorf("%+v, %v", got, err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if pid := readPID(t, pidFile); syscall.Kill(pid, syscall.SIGKILL) != nil {
		t.Error("what it left behind was ended with it")
	}
}

func readPID(t *testing.T, file string) int {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// requireGone waits until a process has ended. A zombie that nobody has
// collected yet has ended, too.
func requireGone(t *testing.T, pidFile string) {
	t.Helper()
	pid := readPID(t, pidFile)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Error("what the program had started still runs")
}
