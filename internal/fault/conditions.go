package fault

import "time"

// Direction is one way through a proxy.
type Direction int

// The directions.
const (
	ToServer Direction = iota
	ToClient
)

// String names the direction.
func (d Direction) String() string {
	if d == ToServer {
		return "to server"
	}
	return "to client"
}

// Conditions are how the line is. The zero value is a good line.
type Conditions struct {
	// Refuse resets new connections at once. Those that are open stay.
	Refuse bool
	// ToServer and ToClient are the two ways.
	ToServer, ToClient Way
}

// Way is how one direction of the line is.
type Way struct {
	// Delay is how much later everything arrives.
	Delay time.Duration
	// BytesPerSecond limits each connection; 0 means no limit.
	BytesPerSecond int64
	// Stall lets nothing through, and takes nothing in, but closes nothing.
	Stall bool
}

// Slow is a line on which everything arrives later, both ways.
func Slow(delay time.Duration) Conditions {
	return Conditions{ToServer: Way{Delay: delay}, ToClient: Way{Delay: delay}}
}

// Narrow is a line that lets so many bytes a second through, both ways.
func Narrow(bytesPerSecond int64) Conditions {
	way := Way{BytesPerSecond: bytesPerSecond}
	return Conditions{ToServer: way, ToClient: way}
}

// Stalled is a line on which nothing moves, either way, and nobody is told.
func Stalled() Conditions {
	return Conditions{ToServer: Way{Stall: true}, ToClient: Way{Stall: true}}
}

func (c *Conditions) way(d Direction) Way {
	if d == ToServer {
		return c.ToServer
	}
	return c.ToClient
}
