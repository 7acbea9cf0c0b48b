package bank

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

// writer is one connection to the application's database, on the side that it
// believes in.
type writer struct {
	bank *Bank
	no   int
	side int // index into the options' sides
	conn *sql.Conn
	id   int64 // of the connection, on the server

	mu     sync.Mutex
	acked  int64          // transactions 1 to acked are done
	asking bool           // the next one was committed, perhaps
	runs   []run          // on which side
	doubts map[int64]bool // those of which nobody knows
}

// run is where a writer's transactions were acknowledged, from one on.
type run struct {
	from int64
	side int
}

// run does one transaction after the other. stop ends it between two tries, work
// in the middle of one.
func (w *writer) run(stop, work context.Context) error {
	defer w.drop()
	for w.bank.due(stop) {
		n := w.acked + 1
		ok, err := w.insist(stop, work, transferOf(w.bank.opts.Seed, w.bank.opts.Accounts, w.no, n))
		if err != nil {
			return fmt.Errorf("bank: writer %d, transaction %d: %w", w.no, n, err)
		}
		if !ok {
			return nil
		}
	}
	return nil
}

// insist tries a transaction until it is acknowledged; false: it was stopped
// before that.
func (w *writer) insist(stop, work context.Context, t transfer) (bool, error) {
	for refused := 0; ; {
		class, err := w.attempt(work, t)
		if err == nil {
			return true, nil
		}
		if class == Other {
			return false, err
		}
		if class == Unknown {
			done, err := w.settle(stop, work, t)
			if done || err != nil {
				return done, err
			}
			class = Connection
		}
		if class.elsewhere() {
			w.drop()
			w.side = 1 - w.side
			refused++
		}
		if !wait(stop, pauses[min(refused, len(pauses)-1)]) {
			return false, nil
		}
	}
}

// pauses are how long a writer waits after so many refusals in a row: not at
// all before it has tried both sides. It is read only.
var pauses = []time.Duration{0, 0, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 5 * time.Millisecond,
	5 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}

// attempt tries a transaction once, and writes down what has become of it.
func (w *writer) attempt(ctx context.Context, t transfer) (Class, error) {
	w.bank.working.RLock()
	defer w.bank.working.RUnlock()
	began := time.Now()
	committing, err := w.do(ctx, t)
	if err == nil {
		w.done(t.n, w.side, false)
		w.bank.record.commit(w.side, began, time.Now())
		return "", nil
	}
	class := classify(err)
	if committing && class == Connection {
		class = Unknown
		w.ask()
	}
	w.bank.record.failure(class)
	if class == Deadlock || class == LockWait {
		if _, err := w.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			w.drop()
		}
	}
	return class, err
}

// do is the transaction. committing is set once COMMIT was sent.
func (w *writer) do(ctx context.Context, t transfer) (committing bool, err error) {
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return false, err
		}
	}
	// In the order of the accounts, so that writers do not wait in a circle.
	moves := [2]struct {
		id     int
		amount int64
	}{{t.debit, -t.amount}, {t.credit, t.amount}}
	if t.credit < t.debit {
		moves[0], moves[1] = moves[1], moves[0]
	}
	if _, err := w.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return false, err
	}
	for _, m := range moves {
		r, err := w.conn.ExecContext(ctx, "UPDATE accounts SET balance = balance + ? WHERE id = ?", m.amount, m.id)
		if err != nil {
			return false, err
		}
		if n, err := r.RowsAffected(); err == nil && n != 1 {
			return false, fmt.Errorf("account %d is not there", m.id)
		}
	}
	if _, err := w.conn.ExecContext(ctx, "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", t.writer, t.n, t.debit, t.credit, t.amount, w.bank.opts.Sides[w.side].Name); err != nil {
		return false, err
	}
	_, err = w.conn.ExecContext(ctx, "COMMIT")
	return true, err
}

func (w *writer) connect(ctx context.Context) error {
	conn, err := w.bank.opts.Sides[w.side].DB.Conn(ctx)
	if err != nil {
		return err
	}
	if err := conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&w.id); err != nil {
		_ = conn.Close()
		return err
	}
	w.conn = conn
	return nil
}

// drop gives the connection up, and with it what was not committed.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	discard(w.conn)
	w.conn = nil
}

// ask writes down that the next transaction may have been committed.
func (w *writer) ask() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = true
}

// done writes down that a transaction is acknowledged, or in doubt for ever.
func (w *writer) done(n int64, side int, doubt bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acked, w.asking = n, false
	if doubt {
		w.doubts[n] = true
	}
	if len(w.runs) == 0 || w.runs[len(w.runs)-1].side != side {
		w.runs = append(w.runs, run{n, side})
	}
}
