package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"tandem/internal/change"
	"tandem/internal/sandbox"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// migration is the name under which tandem keeps its state on the target.
const migration = "bench"

// program is a run of tandem, or of a peer's program.
type program struct {
	name    string
	command *exec.Cmd
	output  bytes.Buffer
	peak    atomic.Int64
	ended   chan struct{}
	err     error
}

// start starts a program. When ctx ends it is interrupted, and later killed.
func start(ctx context.Context, command *exec.Cmd) (*program, error) {
	p := &program{name: filepath.Base(command.Path), command: command, ended: make(chan struct{})}
	if command.Stdout == nil {
		command.Stdout = &p.output
	}
	command.Stderr = &p.output
	command.SysProcAttr = apart()
	if err := command.Start(); err != nil {
		return nil, err
	}
	go p.watch()
	go func() {
		select {
		case <-p.ended:
		case <-ctx.Done():
			p.stop()
		}
	}()
	return p, nil
}

// watch waits for the end, and follows the memory until then.
func (p *program) watch() {
	waited := make(chan struct{})
	go func() {
		p.err = p.command.Wait()
		close(waited)
	}()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-waited:
			close(p.ended)
			return
		case <-tick.C:
			p.peak.Store(max(p.peak.Load(), peakMemory(p.command.Process.Pid)))
		}
	}
}

// patience is what a program gets to end by itself.
const patience = 20 * time.Second

// stop ends the program, in order if it can.
func (p *program) stop() {
	_ = p.command.Process.Signal(os.Interrupt) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

// wait waits for the end, which must be a good one.
func (p *program) wait() error {
	<-p.ended
	if p.err != nil {
		return fmt.Errorf("%s: %w: %s", p.name, p.err, lastBytes(p.output.Bytes(), 2000))
	}
	return nil
}

// cpu is what the program used; it must have ended.
func (p *program) cpu() float64 {
	state := p.command.ProcessState
	return (state.UserTime() + state.SystemTime()).Seconds()
}

func lastBytes(text []byte, n int) []byte { return bytes.TrimSpace(text[max(0, len(text)-n):]) }

// tandem starts tandem replicate in a folder of its own.
func (l *lab) tandem(ctx context.Context, source, target *sandbox.Server, args ...string) (*program, error) {
	command, err := l.tandemCommand(source, target, source.Port, append([]string{"replicate"}, args...)...)
	if err != nil {
		return nil, err
	}
	return start(ctx, command)
}

// tandemCommand is the program in a folder of its own, with the source at a port.
func (l *lab) tandemCommand(source, target *sandbox.Server, port int, args ...string) (*exec.Cmd, error) {
	dir, err := os.MkdirTemp(l.dir, "tandem-")
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "version: 1\nmigration: %s\n", migration)
	for i, server := range []*sandbox.Server{source, target} {
		file := server.Name() + ".password"
		if err := os.WriteFile(filepath.Join(dir, file), []byte(server.Password()+"\n"), 0o600); err != nil {
			return nil, err
		}
		fmt.Fprintf(&text, "%s:\n  host: %s\n  port: %d\n  user: %s\n  password: {file: %s}\n",
			server.Role(), server.Host(), []int{port, target.Port}[i], sandbox.UserTandem, file)
	}
	text.WriteString("tables: {include: [\"bench.*\"]}\n")
	if err := os.WriteFile(filepath.Join(dir, "tandem.yaml"), text.Bytes(), 0o600); err != nil {
		return nil, err
	}
	for _, set := range l.opts.Set {
		args = append(args, "--set", set)
	}
	command := exec.Command(l.opts.Tandem, args...)
	command.Dir = dir
	return command, nil
}

// catchUp runs tandem until the target has what the source has.
func (l *lab) catchUp(ctx context.Context, source, target *sandbox.Server) (*program, error) {
	p, err := l.tandem(ctx, source, target, "--until", "caught-up")
	if err != nil {
		return nil, err
	}
	return p, p.wait()
}

// drainTandem times tandem from its start until the checkpoint has the goal.
func (l *lab) drainTandem(ctx context.Context, servers pair, goal change.GTIDSet) (Measure, error) {
	db, err := servers.target.RootDB()
	if err != nil {
		return Measure{}, err
	}
	read := func() (change.GTIDSet, error) {
		c, err := applier.LoadCheckpoint(ctx, db, migration+"/"+string(replicate.Forward))
		return c.Position, err
	}
	before, err := read()
	if err != nil {
		return Measure{}, err
	}
	if before.ContainsSet(goal) {
		return Measure{}, errors.New("the target has everything before tandem is started")
	}
	meter := startMeter(servers.source, servers.target)
	p, err := l.tandem(ctx, servers.source, servers.target, "--until", "caught-up")
	if err != nil {
		return Measure{}, err
	}
	defer p.stop()
	var m Measure
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ended := false; ; {
		position, err := read()
		took, cpu := meter.read()
		if err != nil {
			return m, err
		}
		if m.Startup == 0 && !position.Equal(before) {
			m.Startup = took.Seconds()
		}
		if position.ContainsSet(goal) {
			m.Seconds, m.CPU = took.Seconds(), cpu
			break
		}
		if ended {
			return m, fmt.Errorf("tandem says it has caught up, but its checkpoint lacks %s", goal.Subtract(position))
		}
		select {
		case <-p.ended:
			if err := p.wait(); err != nil {
				return m, err
			}
			ended = true // look at the checkpoint once more
		case <-tick.C:
		}
	}
	if err := p.wait(); err != nil {
		return m, err
	}
	m.CPU.Tool, m.Peak = p.cpu(), p.peak.Load()
	return m, nil
}
