package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Program is what is run. It gets tandem's own environment and no input.
type Program struct {
	// Argv is the program and its arguments. A program with a slash in its name
	// is looked for from Dir, any other on the PATH.
	Argv []string
	// Dir is the folder it runs in; empty for tandem's own.
	Dir string
	// Timeout ends it; 0 for none but the context's.
	Timeout time.Duration
}

// Result is how a program has ended.
type Result struct {
	// Code is what it ended with; negative if it was ended.
	Code int
	// Last is the last line that it printed, to whichever of its outputs.
	Last string
	// Took is how long it ran.
	Took time.Duration
}

// FailedError says that a program did not end with 0.
type FailedError struct {
	Name   string // of the program
	Result Result
	// Err is why: how it ended, that it could not be started, or the timeout.
	Err error
}

// Error implements error.
func (e *FailedError) Error() string {
	s := fmt.Sprintf("run %s: %v", e.Name, e.Err)
	if e.Result.Last != "" {
		s += ": " + e.Result.Last
	}
	return s
}

// Unwrap returns the cause.
func (e *FailedError) Unwrap() error { return e.Err }

// TimeoutError says that a program was ended because it took too long.
type TimeoutError struct{ After time.Duration }

// Error implements error.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("ended after its timeout of %s, with everything it had started", e.After)
}

// grace is how long the outputs of a program that was ended are read on.
const grace = 500 * time.Millisecond

// Run runs the program to its end. What it printed is in the Result whatever
// the error, which is a *FailedError.
func Run(ctx context.Context, p Program) (Result, error) {
	if len(p.Argv) == 0 {
		return Result{}, &FailedError{Name: "a program", Err: errors.New("it has no name")}
	}
	limited := ctx
	if p.Timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, p.Timeout, &TimeoutError{p.Timeout})
		defer cancel()
	}
	name := p.Argv[0]
	if p.Dir != "" && strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name) {
		name = filepath.Join(p.Dir, name)
		if !filepath.IsAbs(name) {
			// The program is looked for from the folder it runs in, so a relative
			// path must not be taken from there a second time.
			if abs, err := filepath.Abs(name); err == nil {
				name = abs
			}
		}
	}
	cmd := exec.CommandContext(limited, name, p.Argv[1:]...)
	cmd.Dir = p.Dir
	cmd.WaitDelay = grace
	alone(cmd)
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	err := cmd.Run()
	result := Result{Code: -1, Last: out.last(), Took: time.Since(begun)}
	if cmd.ProcessState != nil {
		result.Code = cmd.ProcessState.ExitCode()
	}
	switch {
	case limited.Err() != nil && err != nil:
		err = context.Cause(limited)
	case errors.Is(err, exec.ErrWaitDelay):
		// It has ended well itself, and left something behind that holds its
		// output open: a daemon, which is its business.
		err = nil
	}
	if err != nil {
		return result, &FailedError{Name: p.Argv[0], Result: result, Err: err}
	}
	return result, nil
}

// kept is how much of the end of an output is held.
const kept = 4096

// longest is the longest last line that is shown, in characters.
const longest = 300

// tail is a writer that holds on to the end of what is written. The exec
// package serialises writes of both outputs, since they are the same writer.
type tail struct{ data []byte }

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if over := len(t.data) - kept; over > 0 {
		t.data = append(t.data[:0], t.data[over:]...)
	}
	return len(p), nil
}

// last returns the last line that is not blank, fit to be shown on a terminal.
func (t *tail) last() string {
	lines := strings.FieldsFunc(strings.ToValidUTF8(string(t.data), "\uFFFD"), func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(strings.Map(printable, lines[i]))
		if line == "" {
			continue
		}
		if runes := []rune(line); len(runes) > longest {
			line = string(runes[:longest]) + "…"
		}
		return line
	}
	return ""
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return ' '
	}
	return r
}
