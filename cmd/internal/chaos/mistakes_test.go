package chaos

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"tandem/replicate/applier"
)

// violation is what the suite says when it has found that rows went wrong, as
// opposed to not having worked at all.
var violation = regexp.MustCompile(`met \d+ rows|foreign key constraint fails|Duplicate entry|source and target differ|courier data breaks|the checkpoint (says|holds|has lost)`)

// TestMistakesAreFound lets the program make a mistake on purpose: the rounds
// must fail then, or they are worth nothing.
func TestMistakesAreFound(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	if os.Getenv("CHAOS_TIME") == "" {
		t.Skip("skipped: takes minutes; make chaos runs it")
	}
	for _, mistake := range []applier.Mistake{applier.CheckpointApart, applier.KeysIgnored} {
		t.Run(string(mistake), func(t *testing.T) {
			t.Parallel()
			const tries = 10
			for try := range tries {
				failed, output := chaosWith(t, mistake)
				if failed && violation.MatchString(output) {
					t.Logf("found in round %d: %s", try+1, violation.FindString(output))
					return
				}
				if failed {
					t.Fatalf("the rounds fail, but not because rows went wrong: %s", tail(output, 6000))
				}
			}
			t.Errorf("%d rounds have passed with a program that makes this mistake", tries)
		})
	}
}

// chaosWith runs one round in a process of its own.
func chaosWith(t *testing.T, mistake applier.Mistake) (failed bool, output string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	command := exec.CommandContext(ctx, self, "-test.run=^TestChaos$", "-test.v")
	command.Env = append(os.Environ(), "CHAOS_TIME="+roundTime.String(), "SEED=", mistakeVariable+"="+string(mistake))
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	out, err := command.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return err != nil, string(out)
}

func tail(text string, most int) string {
	if len(text) > most {
		return "..." + text[len(text)-most:]
	}
	return text
}
