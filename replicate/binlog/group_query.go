package binlog

import (
	"strings"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// query handles a statement: the brackets around rows, and DDL.
func (g *group) query(e *event) (*change.Transaction, error) {
	q, err := parseQuery(*e)
	if err != nil {
		return nil, g.frames.corrupt("query event", err)
	}
	sql := strings.TrimSpace(string(q.sql[:min(len(q.sql), 64)]))
	switch g.phase {
	case opened:
		return g.first(e, &q, sql)
	case inside, inXA:
		return g.within(e, &q, sql)
	}
	return nil, g.refuse(schema.Name{}, "the statement has no GTID: "+excerpt(q.sql), "set gtid_mode=ON on the server")
}

// first handles the statement behind a GTID: it opens a transaction, or is one.
func (g *group) first(e *event, q *queryEvent, sql string) (*change.Transaction, error) {
	switch {
	case strings.EqualFold(sql, "BEGIN"):
		g.phase = inside
		return nil, nil
	case keyword(sql, "XA START"), keyword(sql, "XA BEGIN"):
		g.phase = inXA
		return nil, nil
	case keyword(sql, "XA COMMIT"), keyword(sql, "XA ROLLBACK"):
		g.xaEnd(string(q.sql))
		return g.close(), nil
	case strings.EqualFold(sql, "COMMIT"), strings.EqualFold(sql, "ROLLBACK"):
		return g.close(), nil
	}
	v := g.judge.statement(q, e.timestamp)
	switch {
	case v.refuse != nil:
		return nil, g.refuse(v.refuse.Table, v.refuse.Reason, v.refuse.Hint)
	case v.deliver != nil:
		g.cur.tx.Statement = v.deliver
	default:
		g.cur.tx.Skipped++
		g.count.skip(v.skip, 1)
	}
	return g.close(), nil
}

// within handles a statement inside a transaction.
func (g *group) within(e *event, q *queryEvent, sql string) (*change.Transaction, error) {
	switch {
	case strings.EqualFold(sql, "COMMIT"):
		return g.close(), nil
	case strings.EqualFold(sql, "ROLLBACK"):
		if g.changed {
			return nil, g.refuse(g.changedTable, "the transaction was rolled back, but wrote to a table that can not do that",
				"change the engine of such tables to InnoDB, and copy the tables again")
		}
		return g.close(), nil
	case keyword(sql, "ROLLBACK TO"):
		if g.changed {
			return nil, g.refuse(g.changedTable, "a part of the transaction was rolled back, but wrote to a table that can not do that",
				"change the engine of such tables to InnoDB, and copy the tables again")
		}
		return nil, nil
	case keyword(sql, "SAVEPOINT"), keyword(sql, "RELEASE SAVEPOINT"), keyword(sql, "XA END"):
		return nil, nil
	}
	v := g.judge.statement(q, e.timestamp)
	switch {
	case v.refuse != nil:
		return nil, g.refuse(v.refuse.Table, v.refuse.Reason, v.refuse.Hint)
	case v.deliver == nil:
		g.cur.tx.Skipped++
		g.count.skip(v.skip, 1)
		return nil, nil
	case g.partial || g.changed:
		return nil, g.refuse(schema.Name{}, "DDL in the middle of a transaction: "+excerpt(q.sql), "copy the table again")
	}
	// CREATE TABLE … SELECT: the statement goes first, alone, as the rows can
	// only be decoded once the table is known.
	g.cur.tx.Statement = v.deliver
	return g.part(), nil
}

// close ends the transaction at a statement, which may be in a payload.
func (g *group) close() *change.Transaction {
	g.frames.endPayload()
	return g.end()
}

// loadQuery handles LOAD DATA in statement format.
func (g *group) loadQuery(e *event) error {
	if g.phase == idle {
		return g.refuse(schema.Name{}, "rows are loaded by a statement that has no GTID", "set gtid_mode=ON on the server")
	}
	const extra = 4 + 4 + 4 + 1 // behind the fixed part of a query event
	const fixed = 13
	if len(e.body) < fixed+extra {
		return g.frames.corrupt("malformed load query event", nil)
	}
	plain := *e
	plain.body = append(append([]byte{}, e.body[:fixed]...), e.body[fixed+extra:]...)
	q, err := parseQuery(plain)
	if err != nil {
		return g.frames.corrupt("load query event", err)
	}
	v := g.judge.unclear(&q, nil, "rows are loaded by a statement: "+excerpt(q.sql))
	if v.refuse != nil {
		return g.refuse(v.refuse.Table, v.refuse.Reason, v.refuse.Hint)
	}
	g.cur.tx.Skipped++
	g.count.skip(v.skip, 1)
	return nil
}
