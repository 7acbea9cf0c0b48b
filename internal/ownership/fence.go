package ownership

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"tandem/internal/mysqldb"
)

// FenceOptions bound a fence.
type FenceOptions struct {
	// Budget is how long the server lets the fence's session be idle: when the
	// runner hangs or its line is cut, the server ends the session, and writers go on.
	// Rounded up to a second.
	Budget time.Duration
	// Wait is how long the locks may be waited for. Writers queue behind that wait.
	// 0 is the budget.
	Wait time.Duration
}

// Fence is the transaction that holds the rows of groups on the owner's side.
// While it is open, writers whose guards ask for the row wait; nothing of it
// outlives its session.
type Fence struct {
	db        *sql.DB
	conn      *sql.Conn
	id        uint64
	migration string
	groups    []string
	records   []Record

	mu   sync.Mutex
	over bool
}

// BusyError says that the locks were not granted: a deadlock, or writers that did
// not end in time. Nothing has happened; it can be tried again.
type BusyError struct{ Err error }

// Error implements error.
func (e *BusyError) Error() string { return "raise the fence: not granted: " + e.Err.Error() }

// Unwrap returns the server's error.
func (e *BusyError) Unwrap() error { return e.Err }

// NotOwnerError says that a side does not own what is to be handed over from it.
type NotOwnerError struct {
	Group string
	Side  Side
	// Record is what the side's row says; its Group is empty where there is none.
	Record Record
}

// Error implements error.
func (e *NotOwnerError) Error() string {
	if e.Record.Group == "" {
		return fmt.Sprintf("raise the fence: the %s has no record of group %s: has tandem replicate run?", e.Side, e.Group)
	}
	return fmt.Sprintf("raise the fence: the %s does not own group %s: the %s does, since epoch %d", e.Side, e.Group, e.Record.Owner, e.Record.Epoch)
}

// UnknownError says that the answer to the commit was lost: whether the groups
// were handed over is told by the owner's row, and by nothing else.
type UnknownError struct{ Err error }

// Error implements error.
func (e *UnknownError) Error() string {
	return "hand over: the answer to the commit was lost: " + e.Err.Error()
}

// Unwrap returns what became of the connection.
func (e *UnknownError) Unwrap() error { return e.Err }

// Raise takes the locks on the records of the groups, which side must own; db is
// that side. When it returns, every writer in flight has ended and new ones wait. An
// error that is a *[BusyError] can be tried again.
func Raise(ctx context.Context, db *sql.DB, migration string, side Side, groups []string, o FenceOptions) (*Fence, error) {
	if len(groups) == 0 {
		return nil, errors.New("raise the fence: no group is named")
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("raise the fence: %w", err)
	}
	f := &Fence{db: db, conn: conn, migration: migration, groups: groups}
	if err := f.raise(ctx, side, o); err != nil {
		return nil, errors.Join(err, f.end())
	}
	return f, nil
}

func (f *Fence) raise(ctx context.Context, side Side, o FenceOptions) error {
	wait := o.Wait
	if wait <= 0 {
		wait = o.Budget
	}
	set := fmt.Sprintf("SET SESSION wait_timeout=%d, innodb_lock_wait_timeout=%d, lock_wait_timeout=%[2]d", seconds(o.Budget), seconds(wait))
	if err := f.conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&f.id); err != nil {
		return fmt.Errorf("raise the fence: %w", err)
	}
	for _, sql := range []string{set, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN"} {
		if _, err := f.conn.ExecContext(ctx, sql); err != nil {
			return fmt.Errorf("raise the fence: %w", err)
		}
	}
	soon, cancel := context.WithTimeout(ctx, max(wait, time.Millisecond))
	defer cancel()
	list, args := in(f.migration, f.groups)
	found, err := load(soon, f.conn,
		"SELECT group_name, owner, epoch FROM _tandem.ownership WHERE migration = ? AND group_name IN "+list+" ORDER BY group_name FOR UPDATE", args...)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("raise the fence: %w", context.Cause(ctx))
	case mysqldb.IsDeadlock(err), mysqldb.IsLockWait(err), err != nil && soon.Err() != nil:
		return &BusyError{Err: err}
	case err != nil:
		return fmt.Errorf("raise the fence: %w", err)
	}
	for _, g := range f.groups {
		r := found[g]
		if r.Owner != side {
			return &NotOwnerError{Group: g, Side: side, Record: r}
		}
		f.records = append(f.records, r)
	}
	return nil
}

func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

// ID is the fence's connection on the server: killing it lets go of the fence.
func (f *Fence) ID() uint64 { return f.id }

// Records are the records as the fence found them, in the order of the groups.
func (f *Fence) Records() []Record { return f.records }

// Exec runs a statement inside the fence's transaction.
func (f *Fence) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return f.conn.ExecContext(ctx, query, args...)
}

// QueryRow asks inside the fence's transaction.
func (f *Fence) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return f.conn.QueryRowContext(ctx, query, args...)
}

// HandOver writes the new owner and the next epoch, and commits: the point of no
// return. With a *[UnknownError] it may have been passed or not; with any other
// error it was not, and the fence is down.
func (f *Fence) HandOver(ctx context.Context, to Side) ([]Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return nil, errors.New("hand over: the fence is down")
	}
	list, args := in(f.migration, f.groups)
	res, err := f.conn.ExecContext(ctx,
		"UPDATE _tandem.ownership SET owner = '"+string(to)+"', epoch = epoch + 1 WHERE migration = ? AND group_name IN "+list, args...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("hand over: %w", err), f.drop())
	}
	if n, err := res.RowsAffected(); err != nil || n != int64(len(f.groups)) {
		return nil, errors.Join(fmt.Errorf("hand over: %d of %d records were there", n, len(f.groups)), err, f.drop())
	}
	_, err = f.conn.ExecContext(ctx, "COMMIT")
	if _, answered := mysqldb.Code(err); err != nil && !answered {
		f.abandon()
		return nil, &UnknownError{Err: err}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("hand over: %w", err), f.drop())
	}
	out := make([]Record, len(f.records))
	for i, r := range f.records {
		out[i] = Record{Group: r.Group, Owner: to, Epoch: r.Epoch + 1}
	}
	// The session's settings are the fence's: it does not go back to the pool.
	f.over = true
	_ = mysqldb.Discard(f.conn)
	return out, nil
}

// LetGo rolls back: the writers that waited go on. It may be called more than
// once, and after [Fence.HandOver].
func (f *Fence) LetGo(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.drop()
}

// end is LetGo for a fence that nobody has yet.
func (f *Fence) end() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.drop()
}

// drop ends the session. A server does not notice that a client is gone while it
// waits for a lock, and writers queue behind that wait: so it is told to.
func (f *Fence) drop() error {
	if f.over {
		return nil
	}
	f.over = true
	ctx, cancel := context.WithTimeout(context.Background(), letGoTime)
	defer cancel()
	_, err := f.conn.ExecContext(ctx, "ROLLBACK")
	if err != nil && f.id != 0 {
		_, err = f.db.ExecContext(ctx, fmt.Sprintf("KILL %d", f.id))
		if code, _ := mysqldb.Code(err); code == noSuchThread {
			err = nil
		}
	}
	_ = mysqldb.Discard(f.conn)
	if err != nil {
		return fmt.Errorf("let go of the fence (connection %d; the server ends it by itself within the pause budget): %w", f.id, err)
	}
	return nil
}

// abandon gives the connection up without a word: what it has done is not known.
func (f *Fence) abandon() {
	f.over = true
	_ = mysqldb.Discard(f.conn)
}

// letGoTime bounds how long the end of a fence is worked at.
const letGoTime = 5 * time.Second

const noSuchThread = 1094 // ER_NO_SUCH_THREAD
