package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"tandem/cmd/internal/rehearsal"
)

// command is the program in the campaign's folder.
func (c *campaign) command(args ...string) *exec.Cmd {
	for _, set := range c.opts.Set {
		args = append(args, "--set", set)
	}
	command := exec.Command(c.opts.Tandem, args...)
	command.Dir = c.dir
	return command
}

// outcome is what plan run and rollback print.
type outcome struct {
	Outcome string `json:"outcome"`
	Stages  []struct {
		HandedOver   bool    `json:"handed_over"`
		PauseSeconds float64 `json:"pause_seconds"`
		Steps        []struct {
			Step    string  `json:"step"`
			Seconds float64 `json:"seconds"`
		} `json:"steps"`
	} `json:"stages"`
}

// exitUndone is tandem's exit code when nothing was handed over.
const exitUndone = 4

func (c *campaign) handOver(ctx context.Context) (rehearsal.Ran, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go c.approve(ctx)
	return c.run(ctx, "plan", "run", "plan.yaml", "--unrehearsed")
}

func (c *campaign) rollBack(ctx context.Context) (rehearsal.Ran, error) {
	return c.run(ctx, "rollback")
}

// run runs a verb to its end and reads what it says.
func (c *campaign) run(ctx context.Context, verb ...string) (rehearsal.Ran, error) {
	command := c.command(append(verb, "--confirm", migration, "--no-input", "-o", "json")...)
	var out bytes.Buffer
	command.Stdout = &out
	p, err := start(ctx, command)
	if err != nil {
		return rehearsal.Ran{}, err
	}
	<-p.ended
	var exit *exec.ExitError
	if p.err != nil && (!errors.As(p.err, &exit) || exit.ExitCode() != exitUndone) {
		return rehearsal.Ran{}, fmt.Errorf("tandem %s: %w", strings.Join(verb, " "), p.wait())
	}
	if exit != nil {
		return rehearsal.Ran{Undone: complaint(p.output.Bytes())}, nil
	}
	var said outcome
	if err := json.Unmarshal(out.Bytes(), &said); err != nil || len(said.Stages) == 0 {
		return rehearsal.Ran{}, fmt.Errorf("tandem %s says what can not be read: %w: %s", strings.Join(verb, " "), err, &out)
	}
	stage := said.Stages[len(said.Stages)-1]
	ran := rehearsal.Ran{Waited: stage.PauseSeconds}
	for _, s := range stage.Steps {
		ran.Steps = append(ran.Steps, rehearsal.Step{Step: rehearsal.StepName(s.Step), Seconds: s.Seconds})
	}
	return ran, nil
}

// complaint is the message of the error object at the end of standard error.
func complaint(text []byte) string {
	var said struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &said); err != nil || said.Error.Message == "" {
		return string(lastBytes(text, 300))
	}
	return said.Error.Message
}

// approve is the person whom the plan waits for.
func (c *campaign) approve(ctx context.Context) {
	shown, err := c.command("plan", "show", "plan.yaml", "-o", "json").Output()
	if err != nil {
		return // the run says what is wrong with the plan
	}
	var plan struct {
		Digest struct {
			Sum string `json:"sum"`
		} `json:"digest"`
	}
	if json.Unmarshal(shown, &plan) != nil {
		return
	}
	for ctx.Err() == nil {
		p, err := start(ctx, c.command("plan", "approve", handoverStage, "--digest", plan.Digest.Sum, "--no-input"))
		if err != nil {
			return
		}
		if p.wait() == nil {
			return
		}
		select { // the run has not begun
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}
