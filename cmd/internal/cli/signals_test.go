package cli

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// lockedBuilder is a strings.Builder for two goroutines.
type lockedBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func quietApp() (*app, *lockedBuilder) {
	var out lockedBuilder
	a := newApp(Process{Env: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
	return a, &out
}

// TestFirstSignal sends this process a real signal.
func TestFirstSignal(t *testing.T) {
	for name, c := range map[string]struct {
		signal syscall.Signal
		want   string
	}{
		"Ctrl-C":  {syscall.SIGINT, "tandem: interrupted: saving the position; once more ends it on the spot"},
		"SIGTERM": {syscall.SIGTERM, "tandem: stopped by signal (terminated): saving the position; once more"},
	} {
		t.Run(name, func(t *testing.T) {
			a, out := quietApp()
			a.stage.stopping("saving the position", "the same command goes on")
			ctx, stop := a.signals(context.Background())
			defer stop()
			if err := syscall.Kill(syscall.Getpid(), c.signal); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Second):
				t.Fatal("the signal ends nothing")
			}
			var stopped *stoppedError
			if cause := context.Cause(ctx); !errors.As(cause, &stopped) || exitCode(interrupted(ctx, nil)) != exitInterrupted {
				t.Errorf("the cause is %v", cause)
			}
			if hints := hintsOf(interrupted(ctx, nil)); len(hints) != 1 || hints[0] != "the same command goes on" {
				t.Errorf("hints are %q", hints)
			}
			if !strings.HasPrefix(out.String(), c.want) {
				t.Errorf("said %q, want %q", out.String(), c.want)
			}
		})
	}
}

func TestNoSignal(t *testing.T) {
	a, out := quietApp()
	ctx, stop := a.signals(context.Background())
	stop()
	if err := interrupted(ctx, nil); err != nil || out.String() != "" {
		t.Errorf("an ordinary end becomes %v, said %q", err, out.String())
	}
}
