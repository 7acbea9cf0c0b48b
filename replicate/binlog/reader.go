package binlog

import (
	"context"
	"errors"

	"tandem/internal/change"
)

// Reader reads the transactions of one server's binlog, in order.
type Reader struct{ cfg Config }

// Open connects to the server and begins to read behind from.
func Open(ctx context.Context, cfg Config, from change.GTIDSet) (*Reader, error) {
	return nil, errors.New("open binlog: not built yet")
}

// Next returns the next transaction, or the next part of one. It waits until
// there is one; if ctx ends first, nothing is lost and Next can be called again.
// It must not be called from two goroutines at once.
func (r *Reader) Next(ctx context.Context) (*change.Transaction, error) {
	return nil, errors.New("read binlog: not built yet")
}

// Buffered tells whether the end of a further transaction has been received,
// so that Next will not wait.
func (r *Reader) Buffered() bool { return false }

// Position is how far Next has come in the server's binlog files; heartbeats
// and transactions that hold nothing of interest move it, too. It may be
// called from any goroutine.
func (r *Reader) Position() change.Offset { return change.Offset{} }

// ServerUUID is the server's identity, as of the connection's begin.
func (r *Reader) ServerUUID() string { return "" }

// Stats may be called from any goroutine.
func (r *Reader) Stats() Stats { return Stats{} }

// Close ends the connection and frees what was buffered.
func (r *Reader) Close() error { return nil }
