package applier

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// ConflictError says that a change did not meet the row that it was made for:
// the two sides have diverged, or something else writes to the target.
type ConflictError struct {
	GTID   change.GTID
	Table  schema.Name
	Op     change.Op
	Key    string
	Reason string
	// Before, After and Found are the change's images and the row that was found
	// under its key, as text. They hold data: they go to _tandem.conflict, not
	// into the error's text.
	Before string
	After  string
	Found  string

	row    int
	table  *schema.Table
	change change.RowChange
}

// Error names transaction, table and key.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("apply %s: %s on %s, row %s: %s", e.GTID, e.Op, e.Table, e.Key, e.Reason)
}

// newConflict keeps what is needed to explain the conflict: the transaction's
// memory is gone by the time that somebody reads it.
func newConflict(tx *change.Transaction, row int, reason string) *ConflictError {
	r := &tx.Rows[row]
	e := &ConflictError{
		GTID: tx.GTID, Table: r.Table.Name, Op: r.Op, Reason: reason,
		row: row, table: r.Table, change: *r,
	}
	e.change.Before, e.change.After = r.Before.Clone(), r.After.Clone()
	if r.Before == nil {
		e.change.Before = nil
	}
	if r.After == nil {
		e.change.After = nil
	}
	e.Before = describe(r.Table, e.change.Before, nil)
	e.After = describe(r.Table, e.change.After, nil)
	e.Key = describe(r.Table, e.image(), newTarget(r.Table, false).key)
	return e
}

// image is the one whose key the change looks for.
func (e *ConflictError) image() schema.Row {
	if e.change.Before != nil {
		return e.change.Before
	}
	return e.change.After
}

// describe writes columns of a row as name=value; all of them where cols is nil.
func describe(t *schema.Table, row schema.Row, cols []int) string {
	if row == nil {
		return ""
	}
	if cols == nil {
		for i := range t.Columns {
			cols = append(cols, i)
		}
	}
	var b strings.Builder
	for n, i := range cols {
		if n > 0 {
			b.WriteString(" ")
		}
		b.WriteString(t.Columns[i].Name)
		b.WriteByte('=')
		writeValue(&b, t.Columns[i].Kind, row[i])
	}
	return b.String()
}

func writeValue(b *strings.Builder, k schema.Kind, v []byte) {
	switch {
	case v == nil:
		b.WriteString("NULL")
	case k == schema.JSON:
		b.Write(schema.ParseTypedJSON(v).Text)
	case k == schema.Binary || k == schema.Bytes || k == schema.Geometry || k == schema.Vector || !utf8.Valid(v):
		b.WriteString("0x")
		b.WriteString(hex.EncodeToString(v))
	default:
		b.Write(v)
	}
}

// appendRecord appends the statement that keeps the conflict.
func (e *ConflictError) appendRecord(dst []byte, link string) []byte {
	return fmt.Appendf(dst, "INSERT INTO _tandem.conflict (link,gtid,table_name,operation,reason,row_key,before_image,after_image,found_row)"+
		" VALUES ('%s','%s',_utf8mb4'%s','%s',_utf8mb4'%s',_utf8mb4'%s',_utf8mb4'%s',_utf8mb4'%s',_utf8mb4'%s')",
		escape(link), e.GTID, escape(e.Table.String()), e.Op, escape(clip(e.Reason, 1000)), escape(e.Key),
		escape(e.Before), escape(e.After), escape(e.Found))
}

func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}

// report looks up what stands in the way and keeps the conflict in
// _tandem.conflict. The conflict is returned in any case: if it could not be
// kept, the error says so.
func (a *Applier) report(ctx context.Context, e *ConflictError) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.applied.conflicts++
	a.publish()
	conn, err := a.connect(ctx)
	if err == nil {
		err = a.find(ctx, e)
	}
	if err == nil {
		_, err = conn.Exec(ctx, e.appendRecord(nil, a.cfg.Link))
	}
	if err != nil {
		return fmt.Errorf("%w (and it could not be kept in _tandem.conflict: %w)", e, err)
	}
	return e
}

// find reads the row that the target has under the change's key.
func (a *Applier) find(ctx context.Context, e *ConflictError) error {
	sql := []byte("SELECT ")
	for i := range e.table.Columns {
		if i > 0 {
			sql = append(sql, ',')
		}
		sql = append(sql, schema.Quote(e.table.Columns[i].Name)...)
	}
	sql = append(sql, " FROM "...)
	sql = append(sql, e.table.Quoted()...)
	sql = newTarget(e.table, false).appendWhere(sql, e.image())
	e.Found = "no row"
	err := a.lanes[0].conn.Query(ctx, sql, func(values [][]byte) error {
		e.Found = describe(e.table, values, nil)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up %s: %w", e.Table, err)
	}
	return nil
}
