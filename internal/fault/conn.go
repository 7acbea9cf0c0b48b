package fault

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// conn is one connection through a proxy.
type conn struct {
	proxy          *Proxy
	client, server net.Conn
	// done is closed when the connection is cut.
	done chan struct{}
	once sync.Once

	// mu guards what both directions look at.
	mu       sync.Mutex
	said     []byte
	counters map[*Armed]*counter
	hangs    bool
}

func newConn(p *Proxy, client, server net.Conn) *conn {
	return &conn{proxy: p, client: client, server: server, done: make(chan struct{}), counters: map[*Armed]*counter{}}
}

// run carries both directions until both have ended.
func (c *conn) run() {
	var ways sync.WaitGroup
	ways.Go(func() { c.carry(ToServer, c.client, c.server) })
	ways.Go(func() { c.carry(ToClient, c.server, c.client) })
	ways.Wait()
	c.once.Do(func() {
		close(c.done)
		_ = c.client.Close() // both have said their last word
		_ = c.server.Close()
	})
}

// cut resets both sides.
func (c *conn) cut() {
	c.once.Do(func() {
		close(c.done)
		reset(c.client)
		reset(c.server)
	})
}

// piece is what arrived together.
type piece struct {
	data []byte
	at   time.Time
}

// The most that is under way in one direction: pieces times their size.
const (
	pieceBytes = 32 << 10
	pieces     = 64
)

// carry takes in and hands on at the same time, so that a delay does not make
// the line narrow.
func (c *conn) carry(d Direction, from, to net.Conn) {
	queue := make(chan piece, pieces)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(queue)
		c.take(d, from, queue)
	})
	err := c.hand(d, to, queue)
	if err == nil {
		// One side has said its last word; the other may go on.
		if tcp, ok := to.(*net.TCPConn); ok {
			err = tcp.CloseWrite()
		}
	}
	if err != nil {
		c.cut()
		for range queue { // let the reader see that it is over
		}
	}
	reader.Wait()
}

// take reads until the end, which it does not tell from an error: a reset is
// passed on as one.
func (c *conn) take(d Direction, from net.Conn, queue chan<- piece) {
	for {
		if !c.open(d) {
			return
		}
		buf := make([]byte, pieceBytes)
		n, err := from.Read(buf)
		if n > 0 {
			select {
			case queue <- piece{buf[:n], time.Now()}:
			case <-c.done:
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				c.cut()
			}
			return
		}
	}
}

// errCut ends the direction in which the connection was cut.
var errCut = errors.New("connection cut")

// hand writes what was taken, when its time has come and as far as triggers let
// it.
func (c *conn) hand(d Direction, to net.Conn, queue <-chan piece) error {
	for {
		var p piece
		var ok bool
		select {
		case p, ok = <-queue:
		case <-c.done:
			return errCut
		}
		if !ok {
			return nil
		}
		state, _ := c.proxy.conditions()
		if !c.pause(time.Until(p.at.Add(state.way(d).Delay))) {
			return errCut
		}
		if d == ToServer {
			c.hear(p.data)
		}
		for data := p.data; len(data) > 0; {
			if !c.open(d) {
				return errCut
			}
			n, fired := c.inspect(d, data)
			if err := c.write(d, to, data[:n]); err != nil {
				return err
			}
			data = data[n:]
			if fired == nil {
				continue
			}
			switch fired.Do {
			case Cut:
				return errCut
			case Flip:
				data[0] ^= flipped
			case Hang:
				c.hang()
			}
		}
	}
}

// write writes no faster than the line is wide.
func (c *conn) write(d Direction, to net.Conn, data []byte) error {
	for len(data) > 0 {
		state, _ := c.proxy.conditions()
		n, rate := len(data), state.way(d).BytesPerSecond
		if rate > 0 {
			n = int(min(int64(n), max(1, rate/50)))
		}
		if _, err := to.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
		if rate > 0 && !c.pause(time.Duration(n)*time.Second/time.Duration(rate)) {
			return errCut
		}
	}
	return nil
}

// hear keeps the beginning of what the client says.
func (c *conn) hear(data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, data[:min(len(data), saidLimit-len(c.said))]...)
}

// inspect tells how much of data may pass before the next trigger goes off, and
// which one that is. It has claimed that trigger.
func (c *conn) inspect(d Direction, data []byte) (n int, fired *Armed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	triggers := c.proxy.triggers()
	for {
		n, fired = len(data), nil
		for _, a := range triggers {
			if counter := c.counter(a); counter != nil {
				if at := counter.at(&a.Trigger, d, data); at < n {
					n, fired = at, a
				}
			}
		}
		if fired == nil || fired.claim(true) {
			break
		}
		// Another connection, or Disarm, was first.
		delete(c.counters, fired)
		triggers = without(triggers, fired)
	}
	if fired != nil {
		c.proxy.remove(fired)
	}
	for _, a := range triggers {
		if counter := c.counter(a); counter != nil {
			counter.pass(&a.Trigger, d, data[:n])
		}
	}
	return n, fired
}

// counter is how far the connection is on its way to a trigger, nil for one that
// does not concern it.
func (c *conn) counter(a *Armed) *counter {
	if len(a.Only) > 0 && !bytes.Contains(c.said, a.Only) {
		return nil
	}
	if c.counters[a] == nil {
		c.counters[a] = &counter{begun: len(a.Said) == 0, left: a.After}
	}
	return c.counters[a]
}

func without(list []*Armed, one *Armed) []*Armed {
	var rest []*Armed
	for _, a := range list {
		if a != one {
			rest = append(rest, a)
		}
	}
	return rest
}

// hang lets nothing through from now on.
func (c *conn) hang() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hangs = true
}

// open waits while the line is stalled. false means that it was cut meanwhile.
func (c *conn) open(d Direction) bool {
	for {
		state, changed := c.proxy.conditions()
		c.mu.Lock()
		hangs := c.hangs
		c.mu.Unlock()
		if hangs {
			changed = nil
		} else if !state.way(d).Stall {
			return true
		}
		select {
		case <-changed:
		case <-c.done:
			return false
		}
	}
}

// pause waits. false means that the connection was cut meanwhile.
func (c *conn) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.done:
		return false
	}
}
