package binlog

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"github.com/go-mysql-org/go-mysql/replication"
)

// segmentSize is how large a spool file grows before the next one is begun, so
// that a backlog which never ends gives its disk space back as it is read.
const segmentSize = 64 << 20

// spool keeps raw events on disk, first in, first out. Its files are unlinked
// as soon as they are open: they vanish with the process, however it ends.
type spool struct {
	dir      string
	segments []*segment
	size     int64 // bytes that are written and not yet read
	total    int64
	scratch  []byte
}

type segment struct {
	file    *os.File
	written int64
	read    int64
	// uses counts the spool's own use and the events that lie in the file only.
	uses atomic.Int32
}

func newSegment(f *os.File) *segment {
	g := &segment{file: f}
	g.uses.Store(1)
	return g
}

// release ends a use. The last one closes the file.
func (g *segment) release() {
	if g.uses.Add(-1) == 0 {
		g.file.Close()
	}
}

// onDisk is where an event lies of which only the beginning was read.
type onDisk struct {
	seg  *segment
	at   int64
	size int
}

// read reads the whole event into a slab of its own.
func (d *onDisk) read(pool *slabPool, dir string) (*slab, error) {
	sl := pool.get(d.size)
	if _, err := d.seg.file.ReadAt(sl.buf[:d.size], d.at); err != nil {
		sl.release()
		return nil, &SpoolError{Dir: dir, Err: err}
	}
	return sl, nil
}

func (s *spool) empty() bool { return s.size == 0 }

// append writes a batch of events, each behind its length.
func (s *spool) append(batch []entry) error {
	s.scratch = s.scratch[:0]
	for _, e := range batch {
		s.scratch = binary.LittleEndian.AppendUint32(s.scratch, uint32(len(e.data)))
		s.scratch = append(s.scratch, e.data...)
	}
	seg, err := s.tail()
	if err != nil {
		return &SpoolError{Dir: s.dir, Err: err}
	}
	if _, err := seg.file.WriteAt(s.scratch, seg.written); err != nil {
		return &SpoolError{Dir: s.dir, Err: err}
	}
	seg.written += int64(len(s.scratch))
	s.size += int64(len(s.scratch))
	s.total += int64(len(s.scratch))
	if cap(s.scratch) > 4*slabSize {
		s.scratch = nil
	}
	return nil
}

func (s *spool) tail() (*segment, error) {
	if n := len(s.segments); n > 0 && s.segments[n-1].written < segmentSize {
		return s.segments[n-1], nil
	}
	f, err := unlinkedFile(s.dir)
	if err != nil {
		return nil, err
	}
	seg := newSegment(f)
	s.segments = append(s.segments, seg)
	return seg, nil
}

func unlinkedFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "tandem-spool-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// spooledEvent is an event that is being written to a file of its own, which
// nobody reads yet.
type spooledEvent struct {
	dir string
	seg *segment
}

// begin begins an event of that size. It touches nothing that needs a lock.
func (s *spool) begin(size int) (*spooledEvent, error) {
	file, err := unlinkedFile(s.dir)
	if err != nil {
		return nil, &SpoolError{Dir: s.dir, Err: err}
	}
	e := &spooledEvent{dir: s.dir, seg: newSegment(file)}
	return e, e.write(binary.LittleEndian.AppendUint32(nil, uint32(size)))
}

func (e *spooledEvent) write(part []byte) error {
	if _, err := e.seg.file.WriteAt(part, e.seg.written); err != nil {
		return &SpoolError{Dir: e.dir, Err: err}
	}
	e.seg.written += int64(len(part))
	return nil
}

// discard gives up an event that was not added.
func (e *spooledEvent) discard() {
	if e.seg != nil {
		e.seg.release()
		e.seg = nil
	}
}

// add puts a whole event behind all others.
func (s *spool) add(e *spooledEvent) {
	s.segments = append(s.segments, e.seg)
	s.size += e.seg.written
	s.total += e.seg.written
	e.seg = nil
}

// load reads the next events into a slab and adds an entry for each to dst. Of
// rows that are larger than a slab only the beginning is read: that tells whether
// anybody wants them.
func (s *spool) load(pool *slabPool, dst []entry) ([]entry, error) {
	for len(s.segments) > 0 && s.segments[0].read == s.segments[0].written {
		s.segments[0].release()
		s.segments = s.segments[1:]
	}
	if len(s.segments) == 0 {
		return dst, nil
	}
	seg := s.segments[0]
	sl := pool.get(slabSize)
	defer func() { sl.release() }()
	n, err := seg.readAt(sl.buf)
	if err != nil {
		return dst, &SpoolError{Dir: s.dir, Err: err}
	}
	if need := 4 + int(binary.LittleEndian.Uint32(sl.buf)); need > n {
		// One event that is larger than a slab.
		if n > 4+headerSize && hasRows(replication.EventType(sl.buf[4+4])) {
			seg.uses.Add(1)
			sl.retain(1)
			dst = append(dst, entry{slab: sl, data: sl.buf[4:n:n], disk: &onDisk{seg: seg, at: seg.read + 4, size: need - 4}})
			seg.read += int64(need)
			s.size -= int64(need)
			return dst, nil
		}
		sl.release()
		sl = pool.get(need)
		if n, err = seg.readAt(sl.buf[:need]); err == nil && n < need {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return dst, &SpoolError{Dir: s.dir, Err: err}
		}
	}
	pos := 0
	for pos+4 <= n {
		end := pos + 4 + int(binary.LittleEndian.Uint32(sl.buf[pos:]))
		if end > n {
			break
		}
		sl.retain(1)
		dst = append(dst, entry{slab: sl, data: sl.buf[pos+4 : end : end]})
		pos = end
	}
	seg.read += int64(pos)
	s.size -= int64(pos)
	return dst, nil
}

func (g *segment) readAt(buf []byte) (int, error) {
	if left := g.written - g.read; int64(len(buf)) > left {
		buf = buf[:left]
	}
	n, err := g.file.ReadAt(buf, g.read)
	if errors.Is(err, io.EOF) && n == len(buf) {
		err = nil
	}
	if err == nil && n < 4 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (s *spool) close() {
	for _, g := range s.segments {
		g.release()
	}
	s.segments, s.size = nil, 0
}
