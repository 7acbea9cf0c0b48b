package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/internal/wire"
)

// mendsAtOnce is how many rows are repaired in one transaction.
const mendsAtOnce = 1000

// lockWait is how long a repair waits for a lock.
const lockWait = 10 * time.Second

// repairAttempts is how often a transaction is tried when other writers' locks
// are in its way.
const repairAttempts = 5

// The server's errors that are about one row, or about others' locks.
const (
	codeDuplicate   = 1062
	codeLockTimeout = 1205
	codeDeadlock    = 1213
)

// What a finding says about a repair that did not come about.
const (
	whyMoved  = "the row has changed since it was compared"
	whyThere  = "there is a row with this key by now"
	whyStill  = "the row was repaired, and differs again"
	whyUnsure = "the row was repaired, and moves too much to be compared"
)

// NoMarkError says that a side can not be repaired while a link reads it.
type NoMarkError struct{ Direction Direction }

// Error says what is missing.
func (e *NoMarkError) Error() string {
	return fmt.Sprintf("repair the %s: it has no table _tandem.checkpoint, by which a link knows tandem's own writes", e.Direction.Side())
}

// Hint says what would help.
func (e *NoMarkError) Hint() string {
	return "let tandem keep its state there (GRANT ALL ON `_tandem`.* and tandem replicate), or repair the other side"
}

// HasState tells whether a side has tandem's state. Writes to one that has must
// bear tandem's mark.
func HasState(ctx context.Context, conn *wire.Conn) (bool, error) {
	row, err := conn.One(ctx, []byte("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='_tandem' AND TABLE_NAME='checkpoint'"))
	if err != nil {
		return false, fmt.Errorf("look for tandem's state: %w", err)
	}
	return string(row[0]) != "0", nil
}

// Repair makes the rows of a report's findings on one side like the other's,
// compares just those rows again, and notes at each finding what became of it.
// The report's outcomes say what is true afterwards; its counts remain what was
// found.
func Repair(ctx context.Context, cfg Config, d Direction, r *Report) (RepairCount, error) {
	var count RepairCount
	if err := d.check(); err != nil {
		return count, err
	}
	p, err := newRepair(ctx, cfg, d)
	if err != nil {
		return count, err
	}
	defer p.close()
	for i := range r.Tables {
		t := &r.Tables[i]
		mends, left := mendsOf(t, d, func(f *Finding, why string) { f.Repair = why })
		count.Left += left
		done, err := p.unkept(ctx, t)
		if err != nil {
			return count, fmt.Errorf("repair %s.%s: %w", t.Schema, t.Table, err)
		}
		count.Done += done
		count.Left -= done
		if len(mends) == 0 {
			continue
		}
		if err := p.table(ctx, mends); err != nil {
			return count, fmt.Errorf("repair %s.%s: %w", t.Schema, t.Table, err)
		}
		if err := p.check(ctx, t, mends); err != nil {
			return count, fmt.Errorf("compare repaired rows of %s.%s: %w", t.Schema, t.Table, err)
		}
		for i := range mends {
			if mends[i].finding.Repaired {
				count.Done++
			} else {
				count.Left++
			}
		}
	}
	return count, nil
}

// repair is one run of [Repair].
type repair struct {
	run    *run
	dir    Direction
	conn   *wire.Conn
	marked bool
}

func newRepair(ctx context.Context, cfg Config, d Direction) (*repair, error) {
	r, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	to, from := cfg.Target, cfg.Source
	if d == TargetToSource {
		to, from = from, to
	}
	p := &repair{run: r, dir: d}
	if p.conn, err = wire.Connect(ctx, to, wire.Session{LockWaitTimeout: lockWait}); err != nil {
		p.close()
		return nil, err
	}
	if p.marked, err = HasState(ctx, p.conn); err == nil && !p.marked {
		err = p.unlinked(ctx, from)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *repair) close() {
	p.run.close()
	if p.conn != nil {
		p.conn.Close()
	}
}

// table repairs rows of one table. Every mend's finding says afterwards why it
// was not done, if it was not.
func (p *repair) table(ctx context.Context, mends []mend) error {
	fires, err := p.triggers(ctx, mends[0].def)
	if err != nil {
		return err
	}
	for len(mends) > 0 {
		n := min(len(mends), mendsAtOnce)
		if fires != "" {
			for i := range mends[:n] {
				mends[i].finding.Repair = fires
			}
		} else if err := p.transaction(ctx, mends[:n]); err != nil {
			return err
		}
		mends = mends[n:]
	}
	return nil
}

// transaction repairs rows together. A row that the server does not let in takes
// the transaction back, and the others are tried without it.
func (p *repair) transaction(ctx context.Context, mends []mend) error {
	todo := make([]*mend, len(mends))
	for i := range mends {
		todo[i] = &mends[i]
		mends[i].finding.Repair = ""
	}
	for attempt := 1; len(todo) > 0; {
		failed, err := p.try(ctx, todo)
		if err == nil {
			return nil
		}
		if p.conn.Err() != nil {
			return err
		}
		if _, undo := p.conn.Exec(ctx, []byte("ROLLBACK")); undo != nil {
			return errors.Join(err, undo)
		}
		var server *wire.Error
		if !errors.As(err, &server) {
			return err
		}
		switch code := server.Code; {
		case code == codeDeadlock || code == codeLockTimeout:
			if attempt++; attempt > repairAttempts {
				return err
			}
		case failed == nil:
			return err
		default:
			failed.finding.Repair = refusal(server)
			todo = without(todo, failed)
		}
		for _, m := range todo {
			m.finding.Repair = "" // it is tried again
		}
	}
	return nil
}

func refusal(err *wire.Error) string {
	if err.Code == codeDuplicate {
		return "another row holds one of its unique values: " + err.Message
	}
	return "the server refuses it: " + err.Message
}

func without(mends []*mend, one *mend) []*mend {
	var left []*mend
	for _, m := range mends {
		if m != one {
			left = append(left, m)
		}
	}
	return left
}

// try runs one transaction: what frees unique values comes before what takes
// them. It returns the mend whose statement failed, if it was one.
func (p *repair) try(ctx context.Context, mends []*mend) (*mend, error) {
	if _, err := p.conn.Exec(ctx, []byte("START TRANSACTION")); err != nil {
		return nil, err
	}
	if p.marked {
		if _, err := p.conn.Exec(ctx, []byte(beginMark)); err != nil {
			return nil, fmt.Errorf("mark the transaction as tandem's own: %w", err)
		}
	}
	for _, phase := range []struct {
		takes func(*mend) bool
		sql   func(*mend) []byte
		none  string
	}{
		{(*mend).removes, func(m *mend) []byte { return m.appendDelete(nil) }, whyMoved},
		{(*mend).updates, func(m *mend) []byte { return m.appendUpdate(nil) }, whyMoved},
		{(*mend).brings, func(m *mend) []byte { return m.appendInsert(nil, "") }, whyThere},
	} {
		for _, m := range mends {
			if !phase.takes(m) || m.finding.Repair != "" {
				continue
			}
			result, err := p.conn.Exec(ctx, phase.sql(m))
			if err != nil {
				return m, err
			}
			switch result.Affected {
			case 0:
				m.finding.Repair = phase.none
			case 1:
			default:
				return nil, fmt.Errorf("row %s: a statement that names one row met %d", m.finding.Key, result.Affected)
			}
		}
	}
	if p.marked {
		if _, err := p.conn.Exec(ctx, []byte(endMark)); err != nil {
			return nil, fmt.Errorf("mark the transaction as tandem's own: %w", err)
		}
	}
	_, err := p.conn.Exec(ctx, []byte("COMMIT"))
	return nil, err
}
