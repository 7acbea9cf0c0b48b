package mysqldb

import (
	"context"
	"net"
	"time"
)

// Pulse is a sign of life of a server, as somebody sees it who connects anew.
type Pulse uint8

// The signs of life.
const (
	// Gone: there is nobody to connect to.
	Gone Pulse = iota
	// Silent: the connection is accepted, and then nothing is said. A server that is
	// stopped, or waits for its disk, is like that: its machine answers, it does not.
	Silent
	// Answers: the server greets.
	Answers
)

// pulseWait bounds both the dialling and the wait for the greeting.
const pulseWait = 3 * time.Second

// TakePulse connects to a server and waits for its greeting, no further.
func TakePulse(ctx context.Context, e Endpoint) Pulse {
	ctx, cancel := context.WithTimeout(ctx, pulseWait)
	defer cancel()
	conn, _, err := e.Connect(ctx)
	if err != nil {
		return Gone
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(pulseWait)); err != nil {
		return Gone
	}
	var first [1]byte
	_, err = conn.Read(first[:])
	switch timeout, ok := err.(net.Error); {
	case err == nil:
		return Answers
	case ok && timeout.Timeout():
		return Silent
	}
	return Gone
}
