package copier

import (
	"bytes"
	"context"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/schema"
	"tandem/replicate/applier"
)

var _ applier.Admission = (*Copier)(nil)

// Active tells whether something is still to be copied. It costs nothing.
func (c *Copier) Active() bool { return !c.finished.Load() }

// Done tells whether everything is copied.
func (c *Copier) Done() bool { return c.finished.Load() }

// Begin decides what the applier does with each change of the first n of the
// transactions (the last of all may be a part of one): those before one with a
// key whose chunk is being written. It waits while that is the first.
func (c *Copier) Begin(ctx context.Context, txs []*change.Transaction) (ads []applier.Admitted, n int, err error) {
	if c.finished.Load() {
		return nil, len(txs), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.renamed(txs); err != nil {
		return nil, 0, err
	}
	for {
		var t *table
		if n, t = c.ready(txs); n > 0 {
			break
		}
		t.holdsUp++
		c.changed() // a snapshot may have to give way
		err := c.wait(ctx)
		t.holdsUp--
		if err != nil {
			return nil, 0, fmt.Errorf("wait for the copy of %s: %w", t.name, err)
		}
	}
	c.applying = true
	return c.decide(txs[:n]), n, nil
}

// ready returns how many of the transactions need not wait, and the table that
// the next one waits for.
func (c *Copier) ready(txs []*change.Transaction) (int, *table) {
	for n, tx := range txs {
		if t := c.busy(tx); t != nil {
			return n, t
		}
	}
	return len(txs), nil
}

// End tells that what was begun is applied, or that it never will be by this
// applier. In the latter case nothing may be written any more: keys were struck
// for changes that have not been applied.
func (c *Copier) End(txs []*change.Transaction, committed bool) {
	if c.finished.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !committed || len(txs) == 0 {
		return
	}
	last := txs[len(txs)-1]
	if last.Statement != nil {
		c.redefine(last.Statement)
	}
	if !last.Last {
		// Rows follow (CREATE TABLE ... SELECT).
		return
	}
	c.applying = false
	c.moved(last.End)
}

// Moved tells that everything before an offset is applied.
func (c *Copier) Moved(to change.Offset) {
	if c.finished.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved(to)
}

func (c *Copier) moved(to change.Offset) {
	if c.offset.Compare(to) < 0 {
		c.offset = to
	}
	if c.snapshots > 0 {
		c.changed()
	}
	c.runFlips()
}

// busy returns a table for which the transaction must wait, or nil.
func (c *Copier) busy(tx *change.Transaction) *table {
	if tx.Statement != nil {
		for _, name := range tx.Statement.Tables {
			if t := c.byName[name]; t != nil && t.inTheWay(change.GTID{}) {
				return t
			}
		}
		if t := c.unindexed(tx.Statement); t != nil {
			return t
		}
	}
	for i := range tx.Rows {
		r := &tx.Rows[i]
		t := c.byName[r.Table.Name]
		if t == nil {
			continue
		}
		if t.mustWait(r.Before, r.Table, tx.GTID) || t.mustWait(r.After, r.Table, tx.GTID) {
			return t
		}
		if c.cascading(t, r) {
			for _, child := range t.cascades {
				if child.inTheWay(tx.GTID) {
					return child
				}
			}
		}
	}
	return nil
}

// inTheWay tells whether what may change any row of the table has to wait.
func (t *table) inTheWay(gtid change.GTID) bool {
	if t.exclusive {
		return true
	}
	switch t.phase {
	case copying:
		return t.next(writing) != nil
	case holding:
		return true
	case snapshot:
		return !t.snapshotAt.Contains(gtid)
	}
	return false
}

// mustWait tells whether the change of a row has to wait.
func (t *table) mustWait(row schema.Row, def *schema.Table, gtid change.GTID) bool {
	if row == nil {
		return false
	}
	if t.exclusive {
		return true
	}
	switch t.phase {
	case holding:
		return true
	case snapshot:
		return !t.snapshotAt.Contains(gtid)
	case copying:
		if !t.ordered {
			return t.next(writing) != nil
		}
		return t.find(t.key(row, def)).state == writing
	}
	return false
}

// key returns a row's key. It shares the row's memory.
func (t *table) key(row schema.Row, def *schema.Table) chunk.Key {
	cols := t.keyColumns(def)
	k := make(chunk.Key, len(cols))
	for i, col := range cols {
		k[i] = row[col]
	}
	return k
}

// decide decides on every change, and strikes the keys of those that are
// applied. Nothing has to wait. The result is valid until the next Begin.
func (c *Copier) decide(txs []*change.Transaction) []applier.Admitted {
	out := c.out[:0]
	asserted := true
	for _, tx := range txs {
		remember := tx.Statement != nil
		for i := range tx.Rows {
			ad, cascaded := c.decideRow(&tx.Rows[i])
			if ad != (applier.Admitted{}) {
				asserted, remember = false, true
			}
			remember = remember || cascaded
			out = append(out, ad)
		}
		if remember {
			c.leftOut.Add(tx.GTID)
		}
	}
	c.out = out
	if asserted {
		return nil
	}
	return out
}

// decideRow decides on one change. cascaded tells that it may have changed rows
// of tables that are not copied yet.
func (c *Copier) decideRow(r *change.RowChange) (ad applier.Admitted, cascaded bool) {
	t := c.byName[r.Table.Name]
	if t == nil {
		return ad, false
	}
	if !t.copied() {
		ad.Before = t.admit(r.Before, r.Table)
		if r.Op == change.Update && sameKey(t.keyColumns(r.Table), r.Before, r.After) {
			ad.After = ad.Before
		} else {
			ad.After = t.admit(r.After, r.Table)
		}
	}
	return ad, c.cascading(t, r) && c.cascaded(t)
}

// admit decides on one image.
func (t *table) admit(row schema.Row, def *schema.Table) applier.Decision {
	switch {
	case row == nil || t.copied():
		return applier.Assert
	case t.phase == waiting, t.phase == snapshot:
		return applier.LeaveOut
	}
	key := t.key(row, def)
	if !t.ordered {
		for _, s := range t.segments {
			if s.state == reading {
				s.strike(key)
			}
		}
		return applier.Forgive
	}
	switch s := t.find(key); s.state {
	case pending:
		return applier.LeaveOut
	case reading:
		s.strike(key)
		return applier.Forgive
	}
	return applier.Assert
}

func (s *segment) strike(key chunk.Key) {
	if s.struck == nil {
		s.struck = map[string]struct{}{}
	}
	var buf [64]byte
	k := key.AppendBytes(buf[:0])
	if _, ok := s.struck[string(k)]; !ok {
		s.struck[string(k)] = struct{}{}
	}
}

func sameKey(cols []int, a, b schema.Row) bool {
	for _, col := range cols {
		if !bytes.Equal(a[col], b[col]) || (a[col] == nil) != (b[col] == nil) {
			return false
		}
	}
	return len(cols) > 0
}
