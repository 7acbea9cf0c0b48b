package fault

import (
	"bytes"
	"fmt"
	"sync"
)

// Action is what a trigger does to the connection that sets it off.
type Action int

// The actions.
const (
	// Cut resets the connection, to both sides.
	Cut Action = iota
	// Flip inverts one bit of the byte, which then goes on.
	Flip
	// Hang lets nothing through any more, either way, but closes nothing.
	Hang
)

// String names the action.
func (a Action) String() string { return [...]string{"cut", "flip", "hang"}[a] }

// Trigger does something once, at an exact byte of the first connection that
// comes there. The zero value cuts the next connection that sends a byte.
type Trigger struct {
	// Do is what happens.
	Do Action
	// Way is the direction whose bytes are counted.
	Way Direction
	// After is how many bytes of a connection pass before it happens, to the next
	// one, counted from when the trigger was armed.
	After int64
	// Said, if set, lets counting begin where the client says this: on the way to
	// the server with the first byte of it, on the way back with the first byte
	// that comes after it. So Said COMMIT, Way ToServer, After 0 is a COMMIT that
	// the server never gets, and Way ToClient, After 3 one whose answer is torn.
	Said []byte
	// Only, if set, leaves out connections whose client has not said this among
	// its first 64 KiB.
	Only []byte
}

// String describes the trigger, for a log.
func (t Trigger) String() string {
	text := fmt.Sprintf("%s %s after %d bytes", t.Do, t.Way, t.After)
	if len(t.Said) > 0 {
		text += fmt.Sprintf(" from %q", t.Said)
	}
	if len(t.Only) > 0 {
		text += fmt.Sprintf(" where %q was said", t.Only)
	}
	return text
}

// Armed is a trigger that waits, or has gone off.
type Armed struct {
	Trigger
	once  sync.Once
	fired chan struct{}
	proxy *Proxy
}

// Fired is closed when the trigger has gone off.
func (a *Armed) Fired() <-chan struct{} { return a.fired }

// Disarm takes the trigger back. It tells whether it had not gone off.
func (a *Armed) Disarm() bool {
	a.proxy.remove(a)
	return a.claim(false)
}

// claim is won by one: the connection that comes to the byte, or Disarm.
func (a *Armed) claim(fire bool) (won bool) {
	a.once.Do(func() {
		won = true
		if fire {
			close(a.fired)
		}
	})
	return won
}

// saidLimit is how much of what a client said is kept for Trigger.Only.
const saidLimit = 64 << 10

// flipped is the bit that Flip inverts.
const flipped = 0x10

// counter is how far one connection is on its way to one trigger.
type counter struct {
	// begun: counting has begun, left bytes are still to pass.
	begun bool
	left  int64
	// tail is the end of what the client said, while Said is looked for.
	tail []byte
}

// at returns where in data the trigger goes off, or len(data). Nothing is
// remembered: see pass.
func (c *counter) at(t *Trigger, d Direction, data []byte) int {
	left, begun := c.left, c.begun
	if !begun {
		start, _, found := c.find(t, d, data)
		if !found || t.Way != ToServer {
			return len(data)
		}
		left = int64(start) + t.After
	} else if d != t.Way {
		return len(data)
	}
	return int(min(max(left, 0), int64(len(data))))
}

// pass takes note of data that goes through.
func (c *counter) pass(t *Trigger, d Direction, data []byte) {
	if c.begun {
		if d == t.Way {
			c.left -= int64(len(data))
		}
		return
	}
	start, tail, found := c.find(t, d, data)
	switch {
	case !found:
		c.tail = tail
	case t.Way == ToServer:
		c.begun, c.left = true, int64(start)+t.After-int64(len(data))
	default:
		c.begun, c.left = true, t.After
	}
}

// find looks for Said in what the client says, across the edges of what arrives
// together. start is relative to data, so it may be negative.
func (c *counter) find(t *Trigger, d Direction, data []byte) (start int, tail []byte, found bool) {
	if d != ToServer {
		return 0, c.tail, false
	}
	text := append(bytes.Clone(c.tail), data...)
	if i := bytes.Index(text, t.Said); i >= 0 {
		return i - len(c.tail), nil, true
	}
	return 0, text[max(0, len(text)-len(t.Said)+1):], false
}
