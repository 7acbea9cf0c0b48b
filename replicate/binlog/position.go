package binlog

import (
	"sync"

	"tandem/internal/change"
)

// position follows the stream through the server's files. Event headers have
// 32 bits for the offset, but a file can be larger, as a transaction is never
// divided: the upper bits are counted here.
type position struct {
	mu sync.Mutex
	at change.Offset
}

func (p *position) get() change.Offset {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// rotate goes on to another file.
func (p *position) rotate(file string, pos uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = change.Offset{File: file, Pos: pos}
}

// advance takes the offset out of an event's header; 0 means none.
func (p *position) advance(logPos uint32) {
	if logPos == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at.Pos = max(p.at.Pos, p.extend(logPos))
}

// heartbeat takes the place that a heartbeat names.
func (p *position) heartbeat(file string, logPos uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if file != p.at.File {
		p.at = change.Offset{File: file, Pos: uint64(logPos)}
		return
	}
	p.at.Pos = max(p.at.Pos, p.extend(logPos))
}

// extend finds the upper bits of an offset: it can not be far behind.
func (p *position) extend(logPos uint32) uint64 {
	next := p.at.Pos&^0xffffffff | uint64(logPos)
	if next+1<<31 < p.at.Pos {
		next += 1 << 32
	}
	return next
}

// set takes a whole offset, as heartbeats of newer servers have it.
func (p *position) set(o change.Offset) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o.File != p.at.File || o.Pos > p.at.Pos {
		p.at = o
	}
}
