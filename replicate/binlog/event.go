package binlog

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/go-mysql-org/go-mysql/replication"
)

// headerSize is the size of an event's header in binlog version 4.
const headerSize = 19

// checksumSize is the size of the CRC32 behind an event.
const checksumSize = 4

// The event header's flags.
const (
	flagArtificial = 0x20
	flagIgnorable  = 0x80
)

// event is one event, taken apart as far as all events are alike.
type event struct {
	kind      replication.EventType
	timestamp uint32
	size      int
	logPos    uint32
	flags     uint16
	body      []byte // without header and checksum
	slab      *slab  // which body lies in; one use of it belongs to the event
	// disk is set where body is only the beginning; its checksum is not checked yet.
	disk *onDisk
}

// release ends the event's use of where it lies.
func (e *event) release() {
	e.slab.release()
	if e.disk != nil {
		e.disk.seg.release()
	}
}

// hasRows tells the kinds of events that hold rows.
func hasRows(k replication.EventType) bool {
	switch k {
	case replication.WRITE_ROWS_EVENTv1, replication.WRITE_ROWS_EVENTv2,
		replication.UPDATE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv2, replication.PARTIAL_UPDATE_ROWS_EVENT,
		replication.DELETE_ROWS_EVENTv1, replication.DELETE_ROWS_EVENTv2:
		return true
	}
	return false
}

// parseEvent takes an event apart. Its size has been checked by the receiver.
func parseEvent(data []byte) (event, bool) {
	if len(data) < headerSize {
		return event{}, false
	}
	return event{
		timestamp: binary.LittleEndian.Uint32(data),
		kind:      replication.EventType(data[4]),
		size:      len(data),
		logPos:    binary.LittleEndian.Uint32(data[13:]),
		flags:     binary.LittleEndian.Uint16(data[17:]),
		body:      data[headerSize:],
	}, true
}

// checksumOK compares the CRC32 at the end of an event.
func checksumOK(data []byte) bool {
	n := len(data) - checksumSize
	return n >= headerSize && crc32.ChecksumIEEE(data[:n]) == binary.LittleEndian.Uint32(data[n:])
}

// endsTransaction tells, without decoding, whether the raw event is one after
// which Next returns a transaction. It may be wrong about unusual statements,
// as it only says whether it is worth asking for more.
func endsTransaction(data []byte) bool {
	switch replication.EventType(data[4]) {
	case replication.XID_EVENT, replication.TRANSACTION_PAYLOAD_EVENT, replication.XA_PREPARE_LOG_EVENT:
		return true
	case replication.QUERY_EVENT:
		const post = 13
		if len(data) < headerSize+post {
			return false
		}
		schema := int(data[headerSize+8])
		vars := int(binary.LittleEndian.Uint16(data[headerSize+11:]))
		begin := headerSize + post + vars + schema + 1
		return len(data) >= begin+5 && string(data[begin:begin+5]) != "BEGIN"
	}
	return false
}

// hasChecksum tells whether the event ends in a checksum. The very first event
// says what file comes, before the file's own first event could say how it is
// written: it has one if it looks so.
func hasChecksum(data []byte, f formatDescription) bool {
	return f.checksums || !f.known && replication.EventType(data[4]) == replication.ROTATE_EVENT && checksumOK(data)
}

// formatDescription is what the first event of a file says about the others.
type formatDescription struct {
	known     bool
	checksums bool
}

// parseFormatDescription reads the event's body, with the checksum that is
// always behind it since MySQL 5.6.
func parseFormatDescription(body []byte) (formatDescription, string) {
	const fixed = 2 + 50 + 4 + 1
	if len(body) < fixed+1+checksumSize {
		return formatDescription{}, "the format description is too short"
	}
	if v := binary.LittleEndian.Uint16(body); v != 4 {
		return formatDescription{}, "the binlog's version is not 4"
	}
	if body[fixed-1] != headerSize {
		return formatDescription{}, "event headers are not 19 bytes long"
	}
	lengths := body[fixed : len(body)-1-checksumSize]
	if i := int(replication.TABLE_MAP_EVENT) - 1; i < len(lengths) && lengths[i] != 8 {
		return formatDescription{}, "table ids are not six bytes long"
	}
	switch alg := body[len(body)-1-checksumSize]; alg {
	case 0:
		return formatDescription{known: true}, ""
	case 1:
		return formatDescription{known: true, checksums: true}, ""
	}
	return formatDescription{}, "the checksum algorithm is unknown"
}
