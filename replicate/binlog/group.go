package binlog

import (
	"fmt"
	"strings"
	"sync"

	"github.com/go-mysql-org/go-mysql/replication"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// phase is where in a transaction the stream is.
type phase uint8

const (
	idle   phase = iota
	opened       // behind a GTID
	inside       // behind BEGIN
	inXA         // behind XA START
)

// group puts transactions together from events.
type group struct {
	cfg     *Config
	frames  *frames
	count   *counters
	batches *sync.Pool
	judge   judge

	phase        phase
	gtid         gtidEvent
	cur          *batch // nil while idle
	partial      bool   // a part of the transaction has been handed out
	rowSeen      bool   // the first rows event has been seen
	own          bool
	books        bool // only tables of tandem's own have been changed
	changed      bool // replicated rows have been decoded, first of changedTable
	changedTable schema.Name
	maps         statementMaps
	cache        mapCache
	xaSeen       map[string]bool // prepared transactions without replicated rows
	last         change.Offset   // End of what was handed out last
}

// event handles one event. It returns a transaction or a part that is
// complete, and whether it has taken over the event's use of its slab.
func (g *group) event(e *event) (tx *change.Transaction, kept bool, err error) {
	if e.size > 0 && g.cur != nil {
		g.cur.tx.Bytes += e.size
	}
	if hasRows(e.kind) {
		return g.rows(e)
	}
	switch e.kind {
	case replication.TABLE_MAP_EVENT:
		return nil, false, g.tableMap(e)
	case replication.GTID_EVENT, replication.GTID_TAGGED_LOG_EVENT:
		tx, err = g.begin(e)
	case replication.XID_EVENT:
		tx, err = g.commit(e)
	case replication.QUERY_EVENT:
		tx, err = g.query(e)
	case replication.EXECUTE_LOAD_QUERY_EVENT:
		err = g.loadQuery(e)
	case replication.XA_PREPARE_LOG_EVENT:
		tx, err = g.xaPrepare(e)
	case replication.ROTATE_EVENT, replication.FORMAT_DESCRIPTION_EVENT, replication.PREVIOUS_GTIDS_EVENT,
		replication.HEARTBEAT_EVENT, replication.HEARTBEAT_LOG_EVENT_V2, replication.STOP_EVENT:
		tx, err = g.between(e)
	case replication.ROWS_QUERY_EVENT, replication.TRANSACTION_CONTEXT_EVENT, replication.VIEW_CHANGE_EVENT:
		// Comments, and the markers of group replication.
	case replication.INTVAR_EVENT, replication.RAND_EVENT, replication.USER_VAR_EVENT,
		replication.BEGIN_LOAD_QUERY_EVENT, replication.APPEND_BLOCK_EVENT, replication.DELETE_FILE_EVENT:
		// They belong to a statement, about which it is decided when it comes.
	case replication.ANONYMOUS_GTID_EVENT:
		err = g.refuse(schema.Name{}, "the transaction has no GTID", "set gtid_mode=ON on the server")
	case replication.INCIDENT_EVENT:
		err = g.refuse(schema.Name{}, "the server has lost events (incident event)", "copy the tables again")
	default:
		if e.flags&flagIgnorable != 0 {
			g.count.skip(SkipIgnorable, 1)
			break
		}
		err = g.refuse(schema.Name{}, fmt.Sprintf("event of a kind that is not known (%d, %s)", e.kind, e.kind),
			"this version of tandem can not read this server's binlog")
	}
	return tx, false, err
}

// begin starts a transaction. One that is open and has nothing in it ends here.
func (g *group) begin(e *event) (*change.Transaction, error) {
	parse := parseGTID
	if e.kind == replication.GTID_TAGGED_LOG_EVENT {
		parse = parseTaggedGTID
	}
	next, err := parse(*e)
	if err != nil {
		return nil, g.frames.corrupt("gtid", err)
	}
	var tx *change.Transaction
	switch g.phase {
	case inside, inXA:
		return nil, g.unfinished()
	case opened:
		tx = g.end()
	}
	g.phase, g.gtid = opened, next
	g.partial, g.rowSeen, g.own, g.books, g.changed = false, false, false, false, false
	g.maps.clear()
	g.fresh(e.size)
	return tx, nil
}

// fresh takes a new batch for the transaction, or for its next part.
func (g *group) fresh(size int) {
	g.cur = g.batches.Get().(*batch)
	tx := &g.cur.tx
	tx.GTID = g.gtid.gtid
	tx.LastCommitted, tx.SequenceNumber = g.gtid.lastCommitted, g.gtid.sequenceNumber
	tx.Committed = g.gtid.committed
	tx.First, tx.Last, tx.Bookkeeping = !g.partial, false, false
	tx.Bytes = size
}

// part hands out what there is, and goes on with the same transaction.
func (g *group) part() *change.Transaction {
	b := g.cur
	g.last = g.frames.pos.get()
	b.tx.Own, b.tx.End = g.own, g.last
	g.partial = true
	g.fresh(0)
	return b.handOut()
}

// end hands out the last part.
func (g *group) end() *change.Transaction {
	b := g.cur
	g.last = g.frames.pos.get()
	b.tx.Own, b.tx.Last, b.tx.End = g.own, true, g.last
	b.tx.Bookkeeping = g.books
	g.cur, g.phase = nil, idle
	g.maps.clear()
	return b.handOut()
}

// commit handles the event that ends a transaction.
func (g *group) commit(e *event) (*change.Transaction, error) {
	if g.phase != inside {
		return nil, g.frames.corrupt("commit without a transaction", nil)
	}
	g.frames.endPayload()
	return g.end(), nil
}

// between handles what stands between transactions. It hands out a mark, so
// that the caller sees the stream move.
func (g *group) between(e *event) (*change.Transaction, error) {
	pos := g.frames.pos
	switch e.kind {
	case replication.ROTATE_EVENT:
		c := cursor{b: e.body}
		at := c.u64()
		if c.bad || len(c.b) == 0 {
			return nil, g.frames.corrupt("malformed rotate event", nil)
		}
		pos.rotate(string(c.b), at)
	case replication.HEARTBEAT_EVENT:
		pos.heartbeat(string(e.body), e.logPos)
		return g.mark(), nil
	case replication.HEARTBEAT_LOG_EVENT_V2:
		if at, ok := parseHeartbeatV2(e.body); ok {
			pos.set(at)
		}
		return g.mark(), nil
	}
	if g.phase == opened && e.kind == replication.ROTATE_EVENT {
		// A GTID at the very end of a file has nothing behind it.
		return g.end(), nil
	}
	if g.phase != idle {
		return nil, g.unfinished()
	}
	if e.kind == replication.FORMAT_DESCRIPTION_EVENT {
		g.cache.clear()
	}
	return g.mark(), nil
}

// mark says that the stream has moved while nothing happened.
func (g *group) mark() *change.Transaction {
	at := g.frames.pos.get()
	if at == g.last || g.phase != idle {
		return nil
	}
	g.last = at
	b := g.batches.Get().(*batch)
	b.tx.First, b.tx.Last, b.tx.End = true, true, at
	return b.handOut()
}

func parseHeartbeatV2(body []byte) (change.Offset, bool) {
	var at change.Offset
	c := cursor{b: body}
	for len(c.b) > 0 {
		field := c.lenenc()
		if field == replication.OTW_HB_HEADER_END_MARK {
			break
		}
		value := c.counted()
		switch field {
		case replication.OTW_HB_LOG_FILENAME_FIELD:
			at.File = string(value)
		case replication.OTW_HB_LOG_POSITION_FIELD:
			v := cursor{b: value}
			at.Pos = v.lenenc()
		}
	}
	return at, !c.bad && at.File != ""
}

// unfinished says that a transaction is cut off in the log itself.
func (g *group) unfinished() error {
	return g.frames.corrupt("transaction "+g.gtid.gtid.String()+" does not end", nil)
}

// refuse makes the error for what can not be applied exactly.
func (g *group) refuse(table schema.Name, reason, hint string) error {
	e := &RefusedError{Table: table, Reason: reason, Hint: hint}
	if g.phase != idle {
		e.GTID = g.gtid.gtid
	}
	return e
}

// keyword tells whether a statement begins with these words, in any case.
func keyword(sql, words string) bool {
	return len(sql) >= len(words) && strings.EqualFold(sql[:len(words)], words)
}
