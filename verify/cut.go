package verify

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// Chunks are cut off one after the other, at the lower end of what is left.
// Asking the source where the n-th row is costs it a walk over n rows. Where the
// key is one integer and most numbers are taken, the end of a chunk is guessed
// instead: there is one row to a number at most, so the guess can only be too
// low.

// piece is one chunk of a table: a range of its key, or all of it.
type piece struct {
	table *table
	r     chunk.Range
	ord   int
	rows  int // wanted
	// again is set for a piece in which an interrupted run had seen differences.
	again bool

	digests  [2]digest
	differed bool
}

// cutter cuts a table.
type cutter struct {
	mu    sync.Mutex
	lower chunk.Key
	ended bool
	again []chunk.Range // to be done first
	ord   int
	rows  int // wanted in a chunk
	// lowest and highest are the ends of an integer key, dense the share of the
	// numbers that are taken, as far as is known.
	integer         bool
	lowest, highest int64
	dense           float64
	prepared        bool
	chunkTime       time.Duration
	chunkBytes      int64
}

// Limits of what a chunk is.
const (
	minChunkRows   = 16
	firstChunkRows = 4_000
	maxChunkRows   = 1 << 20
	// worthGuessing is how dense keys must be for ends to be guessed.
	worthGuessing = 0.25
)

// next cuts a piece off; nil when nothing is left.
func (t *table) next(ctx context.Context, s *side, cfg *Config) (*piece, error) {
	c := &t.cut
	c.mu.Lock()
	defer c.mu.Unlock()
	t.mu.Lock()
	over, stopped := c.ended, t.stopped
	t.mu.Unlock()
	if stopped || over && len(c.again) == 0 {
		return nil, nil
	}
	if !c.prepared {
		if err := t.learn(ctx, s); err != nil {
			return nil, err
		}
		if err := t.prepareCut(ctx, s, cfg); err != nil {
			return nil, err
		}
		c.prepared = true
	}
	if len(c.again) > 0 {
		p := &piece{table: t, r: c.again[0], again: true, ord: -1}
		c.again = c.again[1:]
		t.started()
		return p, nil
	}
	p := &piece{table: t, r: chunk.Range{Lower: c.lower}, ord: c.ord, rows: c.rows}
	upper, err := t.boundary(ctx, s)
	if err != nil {
		return nil, err
	}
	p.r.Upper = upper
	c.lower, c.ended = upper, upper == nil
	c.ord++
	t.started()
	return p, nil
}

// started counts something that keeps the table from being done.
func (t *table) started() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending++
}

// prepareCut learns how large the table is.
func (t *table) prepareCut(ctx context.Context, s *side, cfg *Config) error {
	c := &t.cut
	c.chunkTime, c.chunkBytes = cfg.ChunkTime, cfg.ChunkBytes
	c.rows = int(min(max(cfg.ChunkBytes/max(t.rowBytes, 20), 1), firstChunkRows))
	space := t.spaces[source]
	if space == nil {
		return nil
	}
	columns := space.Columns()
	col := &t.defs[source].Columns[columns[0]]
	if len(columns) != 1 || col.Kind != schema.Int || t.defs[source].RowKey().Parts[0].Descending {
		return nil
	}
	name := schema.Quote(col.Name)
	row, err := s.one(ctx, []byte("SELECT MIN("+name+"),MAX("+name+") FROM "+t.name.Quoted()))
	if err != nil {
		return err
	}
	low, lowErr := strconv.ParseInt(string(row[0]), 10, 64)
	high, highErr := strconv.ParseInt(string(row[1]), 10, 64)
	if row[0] == nil || lowErr != nil || highErr != nil || low < -1<<62 || high > 1<<62 {
		return nil
	}
	c.integer, c.lowest, c.highest = true, low, high
	c.dense = min(float64(t.rowsEstimated)/float64(high-low+1), 1)
	return nil
}

// boundary finds the upper end of the next piece.
func (t *table) boundary(ctx context.Context, s *side) (chunk.Key, error) {
	c, space := &t.cut, t.spaces[source]
	if space == nil {
		return nil, nil
	}
	if c.integer && c.dense >= worthGuessing {
		from := c.lowest
		if c.lower != nil {
			n, err := strconv.ParseInt(string(c.lower[0]), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("cut %s: %w", t.name, err)
			}
			from = n
		}
		end := from + max(int64(float64(c.rows)/c.dense), 1)
		if end > c.highest {
			return nil, nil
		}
		return chunk.Key{strconv.AppendInt(nil, end, 10)}, nil
	}
	row, err := s.one(ctx, space.AppendBoundary(nil, chunk.Range{Lower: c.lower}, c.rows))
	if err != nil || row == nil {
		return nil, err
	}
	return space.FromText(row)
}

// measured adapts the size of chunks to what the last one was.
func (t *table) measured(p *piece, d digest, took time.Duration, method Method) {
	c := &t.cut
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.integer && p.r.Upper != nil && p.rows > 0 {
		from := c.lowest
		if p.r.Lower != nil {
			from, _ = strconv.ParseInt(string(p.r.Lower[0]), 10, 64)
		}
		to, _ := strconv.ParseInt(string(p.r.Upper[0]), 10, 64)
		if to > from {
			c.dense = min(float64(d.rows)/float64(to-from), 1)
		}
	}
	if d.rows == 0 {
		return
	}
	limit := int64(maxChunkRows)
	if method == Stream {
		limit = d.rows * c.chunkBytes / max(d.bytes, 1)
	}
	wanted := int64(float64(d.rows) * float64(c.chunkTime) / float64(max(took, time.Millisecond)))
	wanted = min(wanted, limit, 2*int64(c.rows))
	c.rows = int(min(max(wanted, minChunkRows), maxChunkRows))
}
