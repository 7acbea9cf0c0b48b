package applier

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// A breach is a change that somebody made on a side that does not own the
// table's group. It is never applied and never lost: it is kept in
// _tandem.breach with both images, in the transaction that takes over its
// position, and an alarm is logged.

// owned tells whether the side that the link reads owns the table.
func (a *Applier) owned(n schema.Name) bool { return a.cfg.Owned == nil || a.cfg.Owned(n) }

// addBreach adds the statement that keeps a breach.
func (a *Applier) addBreach(tx *change.Transaction, r *change.RowChange) {
	b := &a.batch
	b.next(noRow, 1)
	b.sql = fmt.Appendf(b.sql, "INSERT INTO _tandem.breach (link,gtid,table_name,operation,before_image,after_image) VALUES ('%s','%s',_utf8mb4'%s','%s',%s,%s)",
		escape(a.cfg.Link), tx.GTID, escape(r.Table.Name.String()), r.Op, image(r.Table, r.Before), image(r.Table, r.After))
	a.breached++
}

// addStatementBreach adds the statement that keeps a DDL statement as a breach.
func (a *Applier) addStatementBreach(tx *change.Transaction) {
	b := &a.batch
	for _, n := range tx.Statement.Tables {
		b.next(noRow, 1)
		b.sql = fmt.Appendf(b.sql, "INSERT INTO _tandem.breach (link,gtid,table_name,operation,statement) VALUES ('%s','%s',_utf8mb4'%s','statement',_utf8mb4'%s')",
			escape(a.cfg.Link), tx.GTID, escape(n.String()), escape(tx.Statement.SQL))
		a.breached++
	}
}

// image is a row as an SQL literal of a JSON object: values that are no text in
// hexadecimal, behind 0x.
func image(t *schema.Table, row schema.Row) string {
	if row == nil {
		return "NULL"
	}
	values := make(map[string]*string, len(row))
	for i, v := range row {
		values[t.Columns[i].Name] = textOf(t.Columns[i].Kind, v)
	}
	text, err := json.Marshal(values)
	if err != nil {
		// A map of strings always marshals.
		return "NULL"
	}
	return "_utf8mb4'" + escape(string(text)) + "'"
}

func textOf(k schema.Kind, v []byte) *string {
	if v == nil {
		return nil
	}
	var s string
	switch {
	case k == schema.JSON:
		s = string(schema.ParseTypedJSON(v).Text)
	case k == schema.Binary || k == schema.Bytes || k == schema.Geometry || k == schema.Vector || !utf8.Valid(v):
		s = "0x" + hex.EncodeToString(v)
	default:
		s = string(v)
	}
	return &s
}

// alarm tells of breaches that have just been kept.
func (a *Applier) alarm(tx *change.Transaction) {
	if a.breached == 0 {
		return
	}
	tables := map[string]bool{}
	for i := range tx.Rows {
		if n := tx.Rows[i].Table.Name; !a.owned(n) {
			tables[n.String()] = true
		}
	}
	if tx.Statement != nil {
		for _, n := range tx.Statement.Tables {
			tables[n.String()] = true
		}
	}
	names := make([]string, 0, len(tables))
	for n := range tables {
		names = append(names, n)
	}
	a.cfg.Logger.Error("breach: a side wrote to tables that it does not own; kept in _tandem.breach, not applied",
		"gtid", tx.GTID.String(), "tables", names, "changes", a.breached)
	a.applied.breaches += a.breached
	a.breached = 0
}
