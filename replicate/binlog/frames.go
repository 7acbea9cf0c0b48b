package binlog

import (
	"context"
	"errors"
	"io"

	"github.com/go-mysql-org/go-mysql/replication"
)

// frames hands out events one by one: those of the queue, with their checksums
// checked and taken off, and those inside compressed transactions.
type frames struct {
	queue   *queue
	format  formatDescription
	payload payload
	pos     *position
}

// next returns the next event, of whose slab the caller then has one use. It
// moves the position.
func (f *frames) next(ctx context.Context) (event, error) {
	for {
		if f.payload.active() {
			e, err := f.payload.next()
			if err == nil {
				return e, nil
			}
			if !errors.Is(err, io.EOF) {
				return event{}, f.corrupt("compressed transaction", err)
			}
		}
		raw, err := f.queue.pop(ctx)
		if err != nil {
			return event{}, err
		}
		e, err := f.parse(raw)
		if err != nil {
			raw.release()
			return event{}, err
		}
		if e.kind != replication.TRANSACTION_PAYLOAD_EVENT {
			if e.flags&flagArtificial == 0 {
				f.pos.advance(e.logPos)
			}
			return e, nil
		}
		if err := f.payload.open(e); err != nil {
			return event{}, f.corrupt("compressed transaction", err)
		}
	}
}

func (f *frames) parse(raw entry) (event, error) {
	e, ok := parseEvent(raw.data)
	if !ok {
		return e, f.corrupt("the event is shorter than its header", nil)
	}
	e.slab = raw.slab
	if raw.disk != nil {
		e.disk, e.size = raw.disk, raw.disk.size
		return e, nil
	}
	if e.kind == replication.FORMAT_DESCRIPTION_EVENT {
		format, problem := parseFormatDescription(e.body)
		if problem != "" {
			return e, f.corrupt(problem, nil)
		}
		f.format = format
	}
	if hasChecksum(raw.data, f.format) {
		if !checksumOK(raw.data) {
			return e, f.corrupt("the checksum of a "+e.kind.String()+" is wrong", nil)
		}
		if len(e.body) < checksumSize {
			return e, f.corrupt("the event is shorter than its header", nil)
		}
		e.body = e.body[:len(e.body)-checksumSize]
	}
	return e, nil
}

// whole reads an event of which only the beginning is there.
func (f *frames) whole(e *event) error {
	if e.disk == nil {
		return nil
	}
	sl, err := e.disk.read(f.queue.pool, f.queue.spool.dir)
	if err != nil {
		return err
	}
	raw := entry{slab: sl, data: sl.buf[:e.disk.size:e.disk.size]}
	all, err := f.parse(raw)
	if err != nil {
		raw.release()
		return err
	}
	e.release()
	*e = all
	return nil
}

// buffered tells whether the end of a transaction is there.
func (f *frames) buffered() bool { return f.payload.active() || f.queue.complete() }

// endPayload moves the position behind a compressed transaction: its events
// have no offsets of their own.
func (f *frames) endPayload() {
	if f.payload.active() {
		f.pos.advance(f.payload.logPos)
	}
}

func (f *frames) corrupt(detail string, err error) error {
	return &CorruptError{At: f.pos.get(), Detail: detail, Err: err}
}
