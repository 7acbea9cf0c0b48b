package fault

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
)

// Proxy forwards connections from a loopback port of its own to one server.
type Proxy struct {
	listener net.Listener
	wait     sync.WaitGroup

	mu       sync.Mutex
	upstream string
	state    Conditions
	changed  chan struct{} // closed when state changes
	conns    map[*conn]struct{}
	armed    []*Armed
	accepted int64
	closed   bool
}

// Listen begins to forward to a server. Its address is taken as it is at each
// new connection, so the server may come and go.
func Listen(upstream string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for connections to %s: %w", upstream, err)
	}
	p := &Proxy{listener: listener, upstream: upstream, changed: make(chan struct{}), conns: map[*conn]struct{}{}}
	p.wait.Go(p.accept)
	return p, nil
}

// Addr is where the proxy listens, as host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Port is the port of Addr.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Set changes how the line is, for connections that are open, too.
func (p *Proxy) Set(c Conditions) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = c
	p.wakeLocked()
}

// Conditions is how the line is now.
func (p *Proxy) Conditions() Conditions {
	c, _ := p.conditions()
	return c
}

// Retarget leads new connections to another server. Those that are open stay.
func (p *Proxy) Retarget(upstream string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.upstream = upstream
}

// Arm lets a trigger wait for the connection that comes to its byte.
func (p *Proxy) Arm(t Trigger) *Armed {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := &Armed{Trigger: t, fired: make(chan struct{}), proxy: p}
	p.armed = append(p.armed, a)
	return a
}

// CutAll resets every connection that is open, and returns how many those were.
func (p *Proxy) CutAll() int {
	p.mu.Lock()
	open := make([]*conn, 0, len(p.conns))
	for c := range p.conns {
		open = append(open, c)
	}
	p.mu.Unlock()
	for _, c := range open {
		c.cut()
	}
	return len(open)
}

// Open is the number of connections that are open.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// Accepted is the number of connections that there have been.
func (p *Proxy) Accepted() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Close cuts every connection, frees the port, and returns when nothing is left.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.wakeLocked()
	p.mu.Unlock()
	err := p.listener.Close()
	p.CutAll()
	p.wait.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the proxy at %s: %w", p.Addr(), err)
	}
	return nil
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() { p.serve(client) })
	}
}

// serve carries one connection from its beginning to its end.
func (p *Proxy) serve(client net.Conn) {
	p.mu.Lock()
	p.accepted++
	refuse, upstream := p.state.Refuse || p.closed, p.upstream
	p.mu.Unlock()
	if refuse {
		reset(client)
		return
	}
	server, err := net.Dial("tcp", upstream)
	if err != nil {
		reset(client)
		return
	}
	c := newConn(p, client, server)
	if !p.enter(c) {
		c.cut()
		return
	}
	defer p.leave(c)
	c.run()
}

func (p *Proxy) enter(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) leave(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) remove(a *Armed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = slices.DeleteFunc(slices.Clone(p.armed), func(b *Armed) bool { return a == b })
}

// triggers are those that wait. The slice is never written to.
func (p *Proxy) triggers() []*Armed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.armed[:len(p.armed):len(p.armed)]
}

// conditions is how the line is, and what is closed when that changes.
func (p *Proxy) conditions() (Conditions, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.changed
}

func (p *Proxy) wakeLocked() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// reset closes a connection the hard way: what is under way is lost, and the
// other side gets an error instead of an end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // on a connection that is gone already
	}
	_ = c.Close() // nothing is expected of it any more
}
