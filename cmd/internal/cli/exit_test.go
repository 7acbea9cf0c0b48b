package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/plans"
	"tandem/verify"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	source, target := mysqldb.Endpoint{Name: "source db:3306"}, mysqldb.Endpoint{Name: "target"}
	reader := mysqldb.Endpoint{Name: "source.read_from"}
	for want, list := range map[int][]error{
		exitDone:              {nil},
		exitFailed:            {errors.New("x"), &config.NotBuilt{}, sandbox.ErrNoSandbox, &mysqldb.AccessDeniedError{Endpoint: source, Err: &config.PasswordError{Err: errors.New("x")}}, &mysqldb.UnreachableError{Err: errors.New("x")}, context.Canceled},
		exitUsage:             {usageError(errors.New("x")), &config.Problems{}, config.ErrNoFile, &lintError{}, &plans.NoFileError{}},
		exitMismatch:          {&mismatchError{}, &parityError{outcome: verify.Mismatch}},
		exitInconclusive:      {&parityError{outcome: verify.Inconclusive}, &skippedError{}, nothingProven(verify.ErrNothingProven)},
		exitSourceUnreachable: {&mysqldb.UnreachableError{Endpoint: source, Err: errors.New("x")}, &mysqldb.AccessDeniedError{Endpoint: source, Err: errors.New("x")}, &mysqldb.UnreachableError{Endpoint: reader, Err: errors.New("x")}},
		exitTargetUnreachable: {&mysqldb.UnreachableError{Endpoint: target, Err: errors.New("x")}, &mysqldb.AccessDeniedError{Endpoint: target, Err: errors.New("x")}},
		exitInterrupted:       {&stoppedError{signal: os.Interrupt}},
	} {
		for _, err := range list {
			if got := exitCode(err); got != want {
				t.Errorf("%v ends with %d, want %d", err, got, want)
			}
			if err == nil {
				continue
			}
			// Wrapping changes nothing, and neither does clean-up that fails too.
			if got := exitCode(errors.Join(fmt.Errorf("layer: %w", err), errors.New("clean up"))); got != want {
				t.Errorf("%v, wrapped, ends with %d, want %d", err, got, want)
			}
		}
	}
}

func TestInterruptedWins(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	if err := interrupted(ctx, nil); err != nil {
		t.Errorf("nothing happened, but: %v", err)
	}
	failed := errors.New("disk full")
	if err := interrupted(ctx, failed); err != failed {
		t.Errorf("got %v", err)
	}
	cancel(&stoppedError{signal: os.Interrupt})
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "interrupted"},
		{fmt.Errorf("copy: %w", context.Canceled), "interrupted"},
		{failed, "interrupted: disk full"},
	} {
		err := interrupted(ctx, c.err)
		if exitCode(err) != exitInterrupted || err.Error() != c.want {
			t.Errorf("%v becomes %v with code %d", c.err, err, exitCode(err))
		}
	}
}

func TestHintsAreCollected(t *testing.T) {
	t.Parallel()
	inner := withHint(errors.New("inner"), "do this", "or that")
	err := errors.Join(fmt.Errorf("outer: %w", withHint(fmt.Errorf("middle: %w", inner), "first")), withHint(errors.New("other"), "or that", "last"))
	if diff := cmp.Diff([]string{"first", "do this", "or that", "last"}, hintsOf(err)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if hints := hintsOf(errors.New("plain")); len(hints) != 0 {
		t.Errorf("hints %v", hints)
	}
}

// TestHelp holds the help of every verb to a few rules.
func TestHelp(t *testing.T) {
	t.Parallel()
	a := newApp(Process{Env: func(string) string { return "" }, Stdout: new(strings.Builder), Stderr: new(strings.Builder), Stdin: strings.NewReader("")})
	root := newRootCommand(a)
	seen := 0
	for _, c := range allCommands(root) {
		if c.Hidden {
			continue
		}
		seen++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") || len(c.Short) > 80 {
			t.Errorf("%s: short description %q", c.CommandPath(), c.Short)
		}
		for _, line := range strings.Split(c.Long+"\n"+c.Example, "\n") {
			if len([]rune(line)) > 90 {
				t.Errorf("%s: a line of the help is longer than 90: %s", c.CommandPath(), line)
			}
		}
		if !c.HasSubCommands() && c.Run == nil && c.RunE == nil {
			t.Errorf("%s does nothing", c.CommandPath())
		}
	}
	if seen < 10 {
		t.Errorf("only %d verbs", seen)
	}
}

func allCommands(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{}
	for _, c := range cmd.Commands() {
		list = append(list, c)
		list = append(list, allCommands(c)...)
	}
	return list
}
