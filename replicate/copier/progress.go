package copier

import (
	"time"

	"tandem/internal/schema"
)

// TableProgress is how far the copy of one table is.
type TableProgress struct {
	Name schema.Name `json:"name"`
	// State is waiting, copying, indexing or done.
	State string `json:"state"`
	// RowsEstimated and BytesEstimated are the server's guesses at the table's
	// size, RowsCopied and BytesCopied what was read.
	RowsEstimated  int64 `json:"rows_estimated"`
	BytesEstimated int64 `json:"bytes_estimated"`
	RowsCopied     int64 `json:"rows_copied"`
	BytesCopied    int64 `json:"bytes_copied"`
	ChunksDone     int   `json:"chunks_done"`
	// Workers is the number of chunks in progress.
	Workers int       `json:"workers"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// WaitingFor says what holds the table up, or what it holds up.
	WaitingFor string `json:"waiting_for,omitempty"`
}

// Progress returns how far each table is, in the order of the copy.
func (c *Copier) Progress() []TableProgress {
	throttle := c.cfg.Throttle()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]TableProgress, 0, len(c.tables))
	for _, t := range c.tables {
		p := TableProgress{
			Name: t.name, State: stateCopying,
			RowsEstimated: t.rowsEstimated, BytesEstimated: t.bytesEstimated,
			RowsCopied: t.rowsCopied, BytesCopied: t.bytesCopied, ChunksDone: t.chunksDone,
			Workers: t.active, Started: t.started, Ended: t.ended,
		}
		switch {
		case t.phase == done:
			p.State = stateDone
		case t.phase == indexing:
			p.State = stateIndexing
		case t.phase == waiting && t.active == 0:
			p.State = stateWaiting
		}
		if t.phase != done {
			p.WaitingFor = c.waitsFor(t, throttle)
		}
		out = append(out, p)
	}
	return out
}

// waitsFor says what holds a table up. c.mu is held.
func (c *Copier) waitsFor(t *table, throttle string) string {
	if t.holdsUp > 0 {
		if t.incomplete() && t.next(writing) == nil {
			return "its indexes; the stream waits for them"
		}
		return "a chunk to be written; the stream waits for it"
	}
	if t.phase == indexing {
		return t.blocked
	}
	for _, p := range t.after {
		if !p.copied() {
			return "copy of " + p.name.String() + " (foreign key)"
		}
	}
	if throttle != "" {
		return throttle
	}
	if len(c.flips) > 0 && t.active > 0 && t.next(reading) != nil && t.next(writing) == nil && len(c.flips) >= t.active {
		return "the stream to reach the source's position"
	}
	return ""
}
