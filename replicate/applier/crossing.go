package applier

import (
	"context"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/wire"
)

// Crossings takes over the rows that cross from one side's _tandem to the
// other's: who owns what, and signals. Each is a barrier: everything before it is
// applied, and nothing behind it is looked at until it has been taken over.
type Crossings interface {
	// Take returns the statements that take the rows over, which are committed
	// together with the position, and what to do once they are. No statements mean
	// that there is nothing to take over. It is called again after a crash or a
	// failure, and must come to the same.
	Take(ctx context.Context, rows []change.RowChange) (statements []string, done func(), err error)
	// Blocked is called when a lock has kept the statements for the rows waiting.
	Blocked(ctx context.Context, rows []change.RowChange)
}

// crossingTries bounds how often a crossing is tried that waits for locks: each
// try waits as long as a lane does.
const crossingTries = 30

// takeCrossing takes over the rows of a transaction that cross.
func (a *Applier) takeCrossing(ctx context.Context, tx *change.Transaction) error {
	if !tx.First || !tx.Last {
		return fmt.Errorf("apply %s: records of _tandem stand in a transaction of other changes that is too large to be held", tx.GTID)
	}
	for i := range tx.Rows {
		if n := tx.Rows[i].Table.Name; n.Schema != "_tandem" {
			return fmt.Errorf("apply %s: it changes records of _tandem and table %s together, which nothing of tandem's does", tx.GTID, n)
		}
	}
	if a.cfg.Crossings == nil {
		a.passBarrier(tx)
		return nil
	}
	for try := 1; ; try++ {
		statements, done, err := a.cfg.Crossings.Take(ctx, tx.Rows)
		if err != nil {
			return fmt.Errorf("apply %s: %w", tx.GTID, err)
		}
		if len(statements) == 0 {
			a.passBarrier(tx)
			return nil
		}
		err = a.commitCrossing(ctx, tx, statements)
		if err == nil {
			done()
			return nil
		}
		code := wire.Code(err)
		if (code != lockWaitTimeout && code != lockDeadlock) || try == crossingTries {
			return err
		}
		a.cfg.Logger.Warn("target locks in the way of a record of ownership, trying again", "gtid", tx.GTID.String(), "attempt", try, "error", err)
		a.cfg.Crossings.Blocked(ctx, tx.Rows)
	}
}

// passBarrier moves the position past a transaction that has nothing to apply.
func (a *Applier) passBarrier(tx *change.Transaction) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pass(tx)
	a.publish()
}

func (a *Applier) commitCrossing(ctx context.Context, tx *change.Transaction, statements []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	a.beginStep(tx)
	for _, sql := range statements {
		a.batch.add(sql, noRow, anyRows)
	}
	a.cfg.Hook("crossing-before-commit")
	if err := a.commitStep(ctx, conn, tx); err != nil {
		return err
	}
	a.cfg.Hook("crossing-after-commit")
	a.publish()
	return nil
}
