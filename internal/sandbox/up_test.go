package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// The tests of what outlives a process and what does not need another process:
// this test binary runs itself with a job.
const jobVariable = "TANDEM_SANDBOX_TEST_JOB"

func TestJob(t *testing.T) {
	job, dir, _ := strings.Cut(os.Getenv(jobVariable), ":")
	switch job {
	case "up":
		if _, err := sandbox.Up(t.Context(), sandbox.UpOptions{PairOptions: sandbox.PairOptions{Dir: dir}}); err != nil {
			t.Fatal(err)
		}
	case "start":
		server, err := sandbox.Start(t.Context(), sandbox.Options{Install: sandboxtest.Install(t, sandbox.Any)})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("started %s\n", server.Dir())
		<-t.Context().Done() // until we are killed
	default:
		t.Skip("for the other tests")
	}
}

func jobCommand(t *testing.T, job string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestJob$")
	cmd.Env = append(os.Environ(), jobVariable+"="+job)
	return cmd
}

func TestUpOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	sandboxtest.Install(t, sandbox.Any)
	ctx := context.Background()
	// Deep, so that the sockets need a directory of their own.
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 20), "sandbox")
	if out, err := jobCommand(t, "up:"+dir).CombinedOutput(); err != nil {
		t.Fatalf("up: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = sandbox.Down(ctx, dir) })
	report := requireRunning(t, dir)
	for _, file := range []string{sandbox.StateFile, sandbox.ConfigFile, "source.password", "target.password"} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", file, info.Mode())
		}
	}

	pair, err := sandbox.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, sandboxtest.DB(t, pair.Source, sandbox.UserTandem, ""), "CREATE DATABASE d")
	if err := pair.Target.Kill(); err != nil {
		t.Fatal(err)
	}
	if now, err := sandbox.Status(ctx, dir); err != nil || !now.Source.Running || now.Target.Running {
		t.Fatalf("after a kill of the target: %+v, %v", now, err)
	}
	// Up again starts the dead one on the same port and leaves the other alone.
	if _, err := sandbox.Up(ctx, sandbox.UpOptions{PairOptions: sandbox.PairOptions{Dir: dir}}); err != nil {
		t.Fatal(err)
	}
	again := requireRunning(t, dir)
	if again.Source.PID != report.Source.PID || again.Target.PID == report.Target.PID || again.Target.Addr != report.Target.Addr {
		t.Errorf("up again: %+v became %+v", report, again)
	}
	_, err = sandbox.Up(ctx, sandbox.UpOptions{PairOptions: sandbox.PairOptions{Dir: dir, SourceVersion: sandbox.V56}})
	if err == nil || !strings.Contains(err.Error(), "wanted is 5.6") {
		t.Errorf("up with another version: %v", err)
	}

	if err := sandbox.Down(ctx, dir); err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{again.Source.PID, again.Target.PID} {
		waitFor(t, "the server to end", func() bool { return !alive(pid) })
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", dir, err)
	}
	if _, err := os.Stat(filepath.Dir(again.Source.Socket)); !os.IsNotExist(err) {
		t.Errorf("the socket's directory is still there (%v)", err)
	}
	if err := sandbox.Down(ctx, dir); !errors.Is(err, sandbox.ErrNoSandbox) {
		t.Errorf("down again: %v", err)
	}
}

func TestDownKeepsWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	sandboxtest.Install(t, sandbox.Any)
	ctx, dir := context.Background(), t.TempDir()
	config := filepath.Join(dir, sandbox.ConfigFile)
	if err := os.WriteFile(config, []byte("version: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	options := sandbox.UpOptions{PairOptions: sandbox.PairOptions{Dir: dir}}
	if _, err := sandbox.Up(ctx, options); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Fatalf("up over somebody's tandem.yaml: %v", err)
	}
	if err := sandbox.Down(ctx, dir); !errors.Is(err, sandbox.ErrNoSandbox) {
		t.Fatalf("down where nothing is: %v", err)
	}
	if body, err := os.ReadFile(config); err != nil || string(body) != "version: 1\n" {
		t.Fatalf("tandem.yaml is now %q, %v", body, err)
	}
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Up(ctx, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sandbox.Down(ctx, dir) })
	edited, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := edited.WriteString("# mine\n"); err != nil {
		t.Fatal(err)
	}
	edited.Close()
	// The state is lost, as when up is killed before it wrote it.
	if err := os.Remove(filepath.Join(dir, sandbox.StateFile)); err != nil {
		t.Fatal(err)
	}
	if err := sandbox.Down(ctx, dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != sandbox.ConfigFile {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestServerDiesWithItsProcess(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("skipped: this system has no parent-death signal")
	}
	sandboxtest.Install(t, sandbox.Any)
	cmd := jobCommand(t, "start:")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var dir string
	if _, err := fmt.Fscanf(out, "started %s\n", &dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "mysqld.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	if !alive(pid) {
		t.Fatalf("mysqld %d does not run", pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	waitFor(t, "mysqld to die", func() bool { return !alive(pid) })
	waitFor(t, "its directory to go", func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
}

func requireRunning(t *testing.T, dir string) sandbox.Report {
	t.Helper()
	report, err := sandbox.Status(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Running() || report.Source.DataBytes == 0 {
		t.Fatalf("not running: %+v", report)
	}
	return report
}

// alive is false for a process that has ended and that its parent, or in a
// container the first process, has not reaped.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err != nil || len(line) > 0
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
