package binlog

import (
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// tableMap notes which table the rows events behind it are about.
func (g *group) tableMap(e *event) error {
	if g.phase == idle {
		return g.frames.corrupt("table map without a transaction", nil)
	}
	id, k, err := g.cache.get(e.body)
	if err != nil {
		return g.frames.corrupt("table map", err)
	}
	g.maps.add(id, k)
	return nil
}

// noTable is the table id of an event that has no rows and only ends a
// statement.
const noTable = 0x00ffffff

// rows decodes the rows of replicated tables and leaves others out.
func (g *group) rows(e *event) (tx *change.Transaction, kept bool, err error) {
	h, err := parseRowsHeader(*e)
	if err != nil {
		return nil, false, g.frames.corrupt("rows event", err)
	}
	if g.phase != inside && g.phase != inXA {
		return nil, false, g.frames.corrupt("rows event without a transaction", nil)
	}
	if h.tableID != noTable {
		k := g.maps.find(h.tableID)
		if k == nil {
			return nil, false, g.frames.corrupt(fmt.Sprintf("rows event without a table map for table id %d", h.tableID), nil)
		}
		if kept, err = g.decode(e, h, k); err != nil {
			return nil, kept, err
		}
	}
	if h.flags&endOfStatement != 0 {
		g.maps.clear()
	}
	if g.cur.size() >= g.cfg.PartBytes && len(g.cur.tx.Rows) > 0 {
		tx = g.part()
	}
	return tx, kept, nil
}

// decode adds the event's rows to the batch, unless they are to be left out.
func (g *group) decode(e *event, h rowsHeader, k *knownMap) (kept bool, err error) {
	if !g.rowSeen {
		g.rowSeen, g.books = true, true
		g.own = ownMark(k.name)
	}
	g.books = g.books && k.name.Schema == ownSchema
	t, reason, err := g.table(k.name)
	if err != nil {
		return false, err
	}
	if t == nil {
		g.cur.tx.Skipped++
		g.count.skip(reason, 1)
		return false, nil
	}
	if e.disk != nil {
		if err := g.frames.whole(e); err != nil {
			return false, err
		}
		if h, err = parseRowsHeader(*e); err != nil {
			return false, g.frames.corrupt("rows event", err)
		}
	}
	if h.partial {
		return false, g.refuse(k.name, "an update holds parts of JSON documents only",
			"set binlog_row_value_options='' on the server, for running sessions too, and copy the table again")
	}
	p, difference, err := k.planFor(t)
	if err != nil {
		return false, g.frames.corrupt("table map of "+k.name.String(), err)
	}
	if p == nil {
		return false, &MismatchError{GTID: g.gtid.gtid, Table: k.name, Difference: difference}
	}
	if !g.changed {
		g.changed, g.changedTable = true, k.name
	}
	g.cur.hold(e.slab)
	g.cur.tx.Crossing = g.cur.tx.Crossing || crosses(k.name)
	_, err = decodeRows(h, p, g.cur)
	switch {
	case errors.Is(err, errNotFull):
		return true, g.refuse(k.name, "the row images are not full",
			"set binlog_row_image=FULL on the server, for running sessions too, and copy the table again")
	case err != nil:
		return true, g.frames.corrupt(fmt.Sprintf("rows of %s in transaction %s", k.name, g.gtid.gtid), err)
	}
	return true, nil
}

// table returns the definition of a replicated table, or why its rows are left
// out.
func (g *group) table(n schema.Name) (*schema.Table, string, error) {
	if g.own && !crosses(n) {
		return nil, SkipOwn, nil
	}
	if systemSchema(n.Schema) && n.Schema != ownSchema {
		return nil, SkipSystem, nil
	}
	if t, ok := g.cfg.Tables.Table(n); ok {
		return t, "", nil
	}
	if n.Schema != ownSchema && g.cfg.Replicated(n) {
		return nil, "", g.refuse(n, "the table is to be replicated, but its definition is not known",
			"copy the table, or exclude it in the configuration")
	}
	return nil, SkipRows, nil
}

// crosses tells whether a table's rows cross to the other side even when tandem
// wrote them: who owns what, and the signals that are sent through the log.
func crosses(n schema.Name) bool {
	return n.Schema == ownSchema && (n.Table == "ownership" || n.Table == "signal")
}

// ownMark tells whether a transaction that changes this table first is
// tandem's own: the applier's begin with the checkpoint, the copier's with
// their chunk.
func ownMark(n schema.Name) bool {
	return n.Schema == ownSchema && (n.Table == "checkpoint" || n.Table == "chunk")
}
