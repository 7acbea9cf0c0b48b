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
type stoppedError struct{ signal os.Signal }

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
}

// stopping sets what is said at the first Ctrl-C.
func (s *stage) stopping(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

func (s *stage) get() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == "" {
		return "stopping"
	}
	return s.text
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
			a.say("tandem: %s: %s; once more ends it on the spot, which loses nothing but time", &stoppedError{first}, a.stage.get())
			cancel(&stoppedError{first})
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
