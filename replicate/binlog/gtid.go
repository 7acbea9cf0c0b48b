package binlog

import (
	"fmt"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"tandem/internal/change"
)

// gtidEvent begins a transaction.
type gtidEvent struct {
	gtid           change.GTID
	lastCommitted  int64
	sequenceNumber int64
	committed      time.Time
}

// parseGTID reads a GTID_LOG_EVENT: 5.6 sends the GTID alone, 5.7 adds the
// logical clock, 8.0 the time of the commit.
func parseGTID(e event) (gtidEvent, error) {
	c := cursor{b: e.body}
	c.u8() // flags
	var g gtidEvent
	copy(g.gtid.SID[:], c.take(16))
	g.gtid.GNO = int64(c.u64())
	if c.bad || g.gtid.GNO < 1 {
		return g, fmt.Errorf("malformed gtid event")
	}
	g.committed = time.Unix(int64(e.timestamp), 0)
	const logicalClock = 2
	if len(c.b) < 1+8+8 || c.u8() != logicalClock {
		return g, nil
	}
	g.lastCommitted, g.sequenceNumber = int64(c.u64()), int64(c.u64())
	if len(c.b) < 7 {
		return g, nil
	}
	// The top bit of 56 says that the original server's time follows.
	const follows = 1 << 55
	micros := c.uint(7)
	if micros&follows != 0 {
		micros = c.uint(7)
	}
	if c.bad {
		return g, fmt.Errorf("malformed gtid event")
	}
	if micros != 0 {
		g.committed = time.UnixMicro(int64(micros))
	}
	return g, nil
}

// parseTaggedGTID reads the event of MySQL 8.3 and later, which is written in
// a format of its own.
func parseTaggedGTID(e event) (g gtidEvent, err error) {
	// go-mysql's decoder indexes without looking at lengths.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed tagged gtid event: %v", p)
		}
	}()
	var t replication.GtidTaggedLogEvent
	if err := t.Decode(e.body); err != nil {
		return g, fmt.Errorf("malformed tagged gtid event: %w", err)
	}
	if len(t.SID) != len(g.gtid.SID) || t.GNO < 1 {
		return g, fmt.Errorf("malformed tagged gtid event")
	}
	copy(g.gtid.SID[:], t.SID)
	g.gtid.GNO, g.gtid.Tag = t.GNO, t.Tag.String()
	g.lastCommitted, g.sequenceNumber = t.LastCommitted, t.SequenceNumber
	g.committed = time.Unix(int64(e.timestamp), 0)
	if t.OriginalCommitTimestamp != 0 {
		g.committed = time.UnixMicro(int64(t.OriginalCommitTimestamp))
	}
	return g, nil
}
