package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tandem/internal/sandbox"
)

// exits runs a command that must end with a certain code: exits 2 tandem status
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v ended with %d, want %d", args[1:], got, want)
	}
}

// haveMySQL reports whether a server can be started without downloading one.
// Where tests must run, a machine without one is a failure.
func haveMySQL(t *testing.T) bool {
	_, err := sandbox.Find(t.Context(), sandbox.Any)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	return err == nil
}

// withSandbox lets a script use tandem sandbox, and takes down what it leaves.
func withSandbox(env *testscript.Env) error {
	cache, err := sandbox.CacheDir()
	if err != nil {
		return err
	}
	env.Setenv("TANDEM_CACHE", cache)
	for _, name := range []string{"TANDEM_MYSQLD", "TANDEM_MYSQLD56"} {
		if value := os.Getenv(name); value != "" {
			env.Setenv(name, value)
		}
	}
	env.Defer(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		dir := filepath.Join(env.WorkDir, ".tandem", "sandbox")
		if err := sandbox.Down(ctx, dir); err != nil && !errors.Is(err, sandbox.ErrNoSandbox) {
			env.T().Log(err)
		}
	})
	return nil
}
