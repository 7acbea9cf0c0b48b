package binlog

import (
	"maps"
	"sync"
)

// counters are what Next counts, readable from other goroutines.
type counters struct {
	mu           sync.Mutex
	transactions int64
	own          int64
	rows         int64
	skipped      map[string]int64
}

func (c *counters) skip(reason string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.skipped == nil {
		c.skipped = make(map[string]int64)
	}
	c.skipped[reason] += int64(n)
}

func (c *counters) handedOut(rows int, last, own bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows += int64(rows)
	if !last {
		return
	}
	c.transactions++
	if own {
		c.own++
	}
}

func (c *counters) fill(s *Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Transactions, s.Own, s.Rows = c.transactions, c.own, c.rows
	s.Skipped = maps.Clone(c.skipped)
}
