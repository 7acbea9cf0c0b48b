package chaos

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"testing"
)

// calls hears where the program is: at each point of a handover it says so, and
// waits. So what is to happen there happens there, and not a moment later.
type calls struct {
	listener net.Listener

	mu    sync.Mutex
	armed []*ambush
	heard []string
}

// ambush is something that happens when the program comes to a point, once. Where
// behind is set, only the first time after that other point.
type ambush struct {
	behind, point string
	strike        func()

	passed bool
	struck chan struct{}
}

func listen(t testing.TB) *calls {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &calls{listener: l}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { c.hear(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // nothing is lost by it
		open.Wait()
	})
	return c
}

func (c *calls) addr() string { return c.listener.Addr().String() }

// hear lets what is armed for a point happen, and then lets the program go on.
func (c *calls) hear(conn net.Conn) {
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return // it was killed meanwhile
	}
	if a := c.at(strings.TrimSpace(line)); a != nil {
		a.strike()
		close(a.struck)
	}
}

// at returns what is armed for a point.
func (c *calls) at(point string) *ambush {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = append(c.heard, point)
	for i, a := range c.armed {
		if a.passed = a.passed || a.behind == "" || a.behind == point; a.passed && a.point == point {
			c.armed = append(c.armed[:i:i], c.armed[i+1:]...)
			return a
		}
	}
	return nil
}

// arm lets strike happen at a point, and forgets what was heard.
func (c *calls) arm(behind, point string, strike func()) *ambush {
	a := &ambush{behind: behind, point: point, strike: strike, struck: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.heard = append(c.armed, a), nil
	return a
}

// disarm takes back whatever has not happened, and returns what was heard.
func (c *calls) disarm() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = nil
	return c.heard
}

func (a *ambush) done() bool {
	select {
	case <-a.struck:
		return true
	default:
		return false
	}
}
