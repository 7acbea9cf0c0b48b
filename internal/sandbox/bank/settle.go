package bank

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"time"

	"tandem/internal/mysqldb"
)

// settle finds out what has become of a transaction whose COMMIT was not
// answered, where it was sent: what that server does not have once the session
// has ended, nobody has. done means that the writer can go on with the next one.
// When the server stays away the transaction is left in doubt.
func (w *writer) settle(stop, work context.Context, t transfer) (done bool, err error) {
	w.drop()
	side, id := w.side, w.id
	deadline := time.Now().Add(w.bank.opts.Patience)
	for {
		there, err := w.lookUp(work, side, id, t)
		if err == nil {
			w.settled(t.n, side, there, false)
			return there, nil
		}
		if class := classify(err); class == Other {
			return false, err
		}
		if time.Now().After(deadline) || !wait(stop, 50*time.Millisecond) {
			w.settled(t.n, side, true, true)
			return true, nil
		}
	}
}

func (w *writer) settled(n int64, side int, done, doubt bool) {
	w.bank.working.RLock()
	defer w.bank.working.RUnlock()
	if done {
		w.done(n, side, doubt)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = false
}

// lookUp asks for a transaction once the session it was sent in has ended.
func (w *writer) lookUp(ctx context.Context, side int, id int64, t transfer) (bool, error) {
	db := w.bank.opts.Sides[side].DB
	for {
		sessions, err := mysqldb.Processes(ctx, db, false)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(sessions, func(p mysqldb.Process) bool { return p.ID == uint64(id) }) {
			break
		}
		if !wait(ctx, 20*time.Millisecond) {
			return false, ctx.Err()
		}
	}
	var n int
	err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM ledger WHERE writer = ? AND n = ?", t.writer, t.n).Scan(&n)
	return n > 0, err
}

// discard closes a connection instead of giving it back to its pool.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}
