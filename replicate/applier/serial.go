package applier

import (
	"context"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/wire"
)

// openTx is the target transaction that is being written.
type openTx struct {
	open bool
	// skip holds changes that a conflict keeps out (policy record), with what is
	// to be recorded in the same transaction.
	skip map[int]*ConflictError
}

// attempts is how often a transaction is tried when the target's own locks are
// in its way (deadlock, lock wait timeout).
const attempts = 10

// takeRows applies a transaction, or a part of one, that shares a window with
// nothing. The target transaction stays open until the last part.
func (a *Applier) takeRows(ctx context.Context, tx *change.Transaction) error {
	txs := []*change.Transaction{tx}
	admitted, _, err := a.cfg.Admission.Begin(ctx, txs)
	if err != nil {
		a.abandon()
		return fmt.Errorf("apply %s: %w", tx.GTID, err)
	}
	err = a.applyOne(ctx, tx, admitted)
	if err != nil || tx.Last {
		a.cfg.Admission.End(txs, err == nil)
	}
	return err
}

// applyOne applies a transaction, or a part of one, change by change.
func (a *Applier) applyOne(ctx context.Context, tx *change.Transaction, admitted []Admitted) error {
	first := !a.tx.open
	if first {
		a.mu.Lock()
	}
	err := a.applyPart(ctx, tx, admitted)
	for try := 1; err != nil && first && tx.Last && ctx.Err() == nil; try++ {
		if !a.again(tx, err, try) {
			break
		}
		a.cutAll()
		a.tx.open = false
		err = a.applyPart(ctx, tx, admitted)
	}
	if err == nil && !tx.Last {
		return nil
	}
	return a.close(ctx, tx, err)
}

// again tells whether a transaction that failed is to be tried once more, and
// what it has to leave out then.
func (a *Applier) again(tx *change.Transaction, err error, try int) bool {
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		if a.cfg.OnConflict != Record {
			return false
		}
		if a.tx.skip == nil {
			a.tx.skip = map[int]*ConflictError{}
		}
		if a.tx.skip[conflict.row] != nil {
			return false
		}
		a.tx.skip[conflict.row] = conflict
		return true
	}
	switch wire.Code(err) {
	case lockWaitTimeout, lockDeadlock:
		a.cfg.Logger.Warn("target locks in the way, trying again", "gtid", tx.GTID.String(), "attempt", try, "error", err)
		return try < attempts
	}
	return false
}

// close ends what takeRows began: everything is committed, or nothing is.
func (a *Applier) close(ctx context.Context, tx *change.Transaction, err error) error {
	if err != nil {
		a.cutAll()
	} else {
		a.applied.conflicts += int64(len(a.tx.skip))
		for _, c := range a.tx.skip {
			a.cfg.Logger.Error("conflict recorded, change left out", "gtid", c.GTID.String(), "table", c.Table.String(), "error", c)
		}
	}
	a.tx = openTx{}
	a.publish()
	a.mu.Unlock()
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		return a.report(ctx, conflict)
	}
	return err
}

// abandon gives up a transaction of which a later part will not come.
func (a *Applier) abandon() {
	if !a.tx.open {
		return
	}
	a.cutAll()
	a.tx = openTx{}
	a.mu.Unlock()
	a.cfg.Admission.End(nil, false)
}

// applyPart writes one part, a packet of statements at a time, and commits
// behind the last. a.mu is held.
func (a *Applier) applyPart(ctx context.Context, tx *change.Transaction, admitted []Admitted) error {
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	b := &a.batch
	b.reset()
	if !a.tx.open {
		a.begin(tx)
	}
	a.breached = 0
	for i := range tx.Rows {
		if !a.owned(tx.Rows[i].Table.Name) {
			a.addBreach(tx, &tx.Rows[i])
			continue
		}
		if a.tx.skip[i] != nil {
			b.next(noRow, 1)
			b.sql = a.tx.skip[i].appendRecord(b.sql, a.cfg.Link)
			continue
		}
		var ad Admitted
		if admitted != nil {
			ad = admitted[i]
		}
		a.addChange(i, &tx.Rows[i], ad)
		if b.full() {
			if err := a.flush(ctx, conn, tx); err != nil {
				return err
			}
		}
	}
	if err := a.flush(ctx, conn, tx); err != nil {
		return err
	}
	if !tx.Last {
		a.applied.rows += int64(len(tx.Rows))
		return nil
	}
	a.cfg.Hook("before-commit")
	if _, err := conn.Exec(ctx, []byte("COMMIT")); err != nil {
		return a.doubt(&commitError{fmt.Errorf("commit %s: %w", tx.GTID, err)})
	}
	a.cfg.Hook("after-commit")
	a.alarm(tx)
	if err := a.stepApart(ctx, 0, a.stepOver(tx)); err != nil {
		return err
	}
	a.pass(tx)
	a.seq++
	a.unsaved, a.inDoubt = false, false
	a.applied.transactions++
	a.applied.rows += int64(len(tx.Rows))
	return nil
}

// begin opens the target transaction with the checkpoint that holds when it
// commits.
func (a *Applier) begin(tx *change.Transaction) {
	a.tx.open = true
	b := &a.batch
	b.add("BEGIN", noRow, anyRows)
	b.next(noRow, 1)
	b.sql = a.appendStep(b.sql, 0, a.within(a.stepOver(tx)))
}

// stepOver is the step of the checkpoint over one transaction.
func (a *Applier) stepOver(tx *change.Transaction) step {
	s := a.step()
	s.over(tx)
	return s
}

// addChange adds the statements of one change.
func (a *Applier) addChange(i int, r *change.RowChange, ad Admitted) {
	t := a.target(r.Table)
	b := &a.batch
	checks := t.checksOn(r)
	if checks {
		b.add("SET foreign_key_checks=1", noRow, anyRows)
	}
	switch r.Op {
	case change.Insert:
		a.addAfter(i, t, r, ad.After)
	case change.Delete:
		a.addBefore(i, t, r, ad.Before)
	case change.Update:
		retypes := t.retypes(r.Before, r.After)
		if ad.Before == Assert && ad.After == Assert && (checks || !retypes) {
			if retypes {
				b.next(i, 1)
				b.sql = t.appendClearJSON(b.sql, r.Before)
			}
			b.next(i, 1)
			b.sql = t.appendUpdate(b.sql, r.Before, r.After)
			break
		}
		a.addBefore(i, t, r, ad.Before)
		a.addAfter(i, t, r, ad.After)
	}
	if checks {
		b.add("SET foreign_key_checks=0", noRow, anyRows)
	}
}

// addBefore removes the row of the before-image.
func (a *Applier) addBefore(i int, t *target, r *change.RowChange, d Decision) {
	if d == LeaveOut {
		return
	}
	rows := 1
	if d == Forgive {
		rows = anyRows
	}
	a.batch.next(i, rows)
	a.batch.sql = t.appendDelete(a.batch.sql, r.Before)
}

// addAfter brings in the row of the after-image. Where a row may be there
// already it is deleted first: never REPLACE, which would also delete rows that
// meet the new one on another unique key, unnoticed.
func (a *Applier) addAfter(i int, t *target, r *change.RowChange, d Decision) {
	switch d {
	case LeaveOut:
		return
	case Forgive:
		a.batch.next(i, anyRows)
		a.batch.sql = t.appendDelete(a.batch.sql, r.After)
	}
	a.batch.next(i, 1)
	a.batch.sql = t.appendInsert(a.batch.sql, r.After)
}

// flush sends the packet and holds every result against its expectation.
func (a *Applier) flush(ctx context.Context, conn *wire.Conn, tx *change.Transaction) error {
	b := &a.batch
	if len(b.wants) == 0 {
		return nil
	}
	defer b.reset()
	err := conn.ExecMulti(ctx, b.sql, func(i int, r wire.Result) error {
		switch w := b.wants[i]; {
		case w.rows == anyRows || uint64(w.rows) == r.Affected:
			return nil
		case w.row == noRow:
			return a.fenced()
		default:
			return newConflict(tx, w.row, fmt.Sprintf("the statement met %d rows, not %d", r.Affected, w.rows))
		}
	})
	if server, ok := errors.AsType[*wire.Error](err); ok && server.Code == duplicateEntry {
		if row := b.wants[server.Statement].row; row != noRow {
			return newConflict(tx, row, server.Message)
		}
	}
	if err != nil {
		return fmt.Errorf("apply %s: %w", tx.GTID, err)
	}
	return nil
}

// The server's error numbers that matter here.
const (
	unknownDatabase = 1049 // ER_BAD_DB_ERROR
	duplicateEntry  = 1062 // ER_DUP_ENTRY
	lockWaitTimeout = 1205 // ER_LOCK_WAIT_TIMEOUT
	lockDeadlock    = 1213 // ER_LOCK_DEADLOCK
)
