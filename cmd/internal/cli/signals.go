package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// stoppedError is the cause of a context that a person, or the system, has
// cancelled by a signal.
type stoppedError struct {
	signal os.Signal
	hint   string
}

// Hint says what to type to go on.
func (e *stoppedError) Hint() string { return e.hint }

func (e *stoppedError) Error() string {
	if e.signal == os.Interrupt {
		return "interrupted"
	}
	return fmt.Sprintf("stopped by signal (%v)", e.signal)
}

// stage is what a verb does when it is asked to stop; it is said at once, so
// that nobody wonders whether the key was heard.
type stage struct {
	mu   sync.Mutex
	text string
	hint string
}

// stopping sets what is said at the first Ctrl-C, and what to type afterwards.
func (s *stage) stopping(text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.hint = text, hint
}

func (s *stage) get() (text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == "" {
		return "stopping", s.hint
	}
	return s.text, s.hint
}

// signals returns a context that ends at the first Ctrl-C or SIGTERM. The
// second one ends the process on the spot, as it would have without us.
func (a *app) signals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	received := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(received, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case first := <-received:
			doing, hint := a.stage.get()
			stopped := &stoppedError{first, hint}
			a.say("tandem: %s: %s; once more ends it on the spot", stopped, doing)
			cancel(stopped)
		case <-done:
			return
		}
		// From here on a signal has its usual effect.
		signal.Stop(received)
	}()
	return ctx, func() {
		signal.Stop(received)
		close(done)
		cancel(nil)
	}
}

// interrupted makes the error of a run that was stopped by a signal say so,
// whatever the run itself made of it.
func interrupted(ctx context.Context, err error) error {
	var stopped *stoppedError
	if !errors.As(context.Cause(ctx), &stopped) {
		return err
	}
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &stopped) {
		return stopped
	}
	return fmt.Errorf("%w: %w", stopped, err)
}
