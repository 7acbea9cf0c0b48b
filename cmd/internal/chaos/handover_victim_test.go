package chaos

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"tandem/internal/fault"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
)

// victim is what dies, or is cut off, and how it comes back.
type victim struct {
	name string
	// strike happens at the point. What it returns brings everything back; it runs
	// beside what follows.
	strike func(*trial) (mend func() error)
	// only are the points that it is for; nil: all.
	only []string
	// hurts is set where the application feels it, whatever becomes of the handover.
	hurts bool
}

// frozen is how long a process is stopped, or a line silent: longer than the pause
// budget, and than a server waits for a fence's session.
const frozen = pauseBudget + 3*time.Second

// cut is how long a line refuses connections.
const cutFor = 1500 * time.Millisecond

// downFor is how long a server is away before it is started again.
const downFor = time.Second

// runnerPatience is how long a runner asks who owns the tables, when it did not
// hear what became of its commit.
const runnerPatience = 3 * time.Second

func victims() []victim {
	return []victim{
		{name: "kill the runner", strike: func(c *trial) func() error {
			c.life.signal(syscall.SIGKILL)
			return nil
		}},
		{name: "stop the runner", strike: func(c *trial) func() error {
			life := c.life
			life.signal(syscall.SIGSTOP)
			return func() error {
				time.Sleep(frozen)
				life.signal(syscall.SIGCONT)
				return nil
			}
		}},
		{name: "kill the daemon", strike: func(c *trial) func() error {
			c.world.current().signal(syscall.SIGKILL) // it is supervised
			return nil
		}},
		{name: "stop the daemon", strike: func(c *trial) func() error {
			daemon := c.world.current()
			daemon.signal(syscall.SIGSTOP)
			return func() error {
				time.Sleep(frozen)
				daemon.signal(syscall.SIGCONT)
				return nil
			}
		}},
		{name: "kill the source", hurts: true, strike: func(c *trial) func() error { return c.killServer(ownership.Source) }},
		{name: "kill the target", hurts: true, strike: func(c *trial) func() error { return c.killServer(ownership.Target) }},
		{name: "cut the runner's lines", strike: func(c *trial) func() error { return c.lines(fault.Conditions{Refuse: true}, cutFor) }},
		{name: "silence the runner's lines", strike: func(c *trial) func() error { return c.lines(fault.Stalled(), frozen) }},
		{name: "lose the commit", only: []string{"run: commit begun"}, strike: func(c *trial) func() error {
			return c.atCommit(fault.Trigger{Said: []byte("COMMIT"), Way: fault.ToServer})
		}},
		{name: "lose the answer to the commit", only: []string{"run: commit begun"}, strike: func(c *trial) func() error {
			return c.atCommit(fault.Trigger{Said: []byte("COMMIT"), Way: fault.ToClient})
		}},
	}
}

// killServer ends a server as a crash would, and starts it again on its data.
func (c *trial) killServer(side ownership.Side) func() error {
	server := c.world.server(side)
	if err := server.Kill(); err != nil {
		return func() error { return err }
	}
	return func() error {
		time.Sleep(downFor)
		return server.Restart(context.Background())
	}
}

func (c *trial) proxy(server *sandbox.Server) *fault.Proxy {
	if server == c.world.pair.Target {
		return c.world.target
	}
	return c.world.source
}

// lines spoils both lines of the runner: those that are open are cut, or silent.
func (c *trial) lines(how fault.Conditions, d time.Duration) func() error {
	w := c.world.migration
	for _, p := range []*fault.Proxy{w.source, w.target} {
		p.Set(how)
		if how.Refuse {
			p.CutAll()
		}
	}
	return func() error {
		time.Sleep(d)
		for _, p := range []*fault.Proxy{w.source, w.target} {
			p.Set(fault.Conditions{})
		}
		return nil
	}
}

// atCommit cuts the line to the side that hands over at its COMMIT, and refuses
// the runner on both sides for longer than it is ready to ask: it can not know.
func (c *trial) atCommit(trigger fault.Trigger) func() error {
	w := c.world.migration
	proxies := []*fault.Proxy{w.source, w.target}
	armed := c.proxy(c.world.server(c.from)).Arm(trigger)
	return func() error {
		select {
		case <-armed.Fired():
		case <-time.After(patience / 4):
			return fmt.Errorf("no COMMIT was sent")
		}
		for _, p := range proxies {
			p.Set(fault.Conditions{Refuse: true})
			p.CutAll()
		}
		time.Sleep(2 * runnerPatience)
		for _, p := range proxies {
			p.Set(fault.Conditions{})
		}
		return nil
	}
}
