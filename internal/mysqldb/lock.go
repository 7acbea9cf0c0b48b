package mysqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// AdvisoryLock is a named lock in a server, held by a connection of its own:
// it is free again as soon as that connection ends, however it ends. It keeps
// two replicators from working on one migration by mistake. It is no fence: a
// holder learns of the loss only afterwards, so whatever must never happen
// twice is guarded by the checkpoint's epoch as well.
type AdvisoryLock struct {
	name string
	conn *sql.Conn
}

// LockHeldError says that somebody else holds an advisory lock.
type LockHeldError struct {
	Name string
	// Connection is the holder's connection id, 0 if unknown.
	Connection int64
	// Holder is user@host of the holder, if it can be seen.
	Holder string
}

// Error implements error.
func (e *LockHeldError) Error() string {
	s := fmt.Sprintf("take lock %q: another tandem holds it", e.Name)
	if e.Connection != 0 {
		s += fmt.Sprintf(" (connection %d", e.Connection)
		if e.Holder != "" {
			s += " of " + e.Holder
		}
		s += ")"
	}
	return s
}

// Hint says what to do.
func (e *LockHeldError) Hint() string {
	if e.Connection == 0 {
		return "stop the other one first"
	}
	return fmt.Sprintf("stop the other one first; if it is gone for certain, end its connection: KILL %d", e.Connection)
}

// ErrLockLost says that an advisory lock is not held any more.
var ErrLockLost = errors.New("the lock was lost")

// maxLockName is the longest name that servers from 5.7 on take.
const maxLockName = 64

// AcquireLock takes the lock of that name, waiting no longer than wait (whole
// seconds). It takes one connection of the pool until [AdvisoryLock.Close].
func AcquireLock(ctx context.Context, db *sql.DB, name string, wait time.Duration) (*AdvisoryLock, error) {
	if len(name) > maxLockName {
		sum := sha256.Sum256([]byte(name))
		name = name[:maxLockName-17] + "-" + hex.EncodeToString(sum[:8])
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("take lock %q: %w", name, err)
	}
	l := &AdvisoryLock{name: name, conn: conn}
	var got sql.NullBool
	err = conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, int(wait/time.Second)).Scan(&got)
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("take lock %q: %w", name, err), l.Close())
	case !got.Bool:
		return nil, errors.Join(l.holder(ctx), l.Close())
	}
	return l, nil
}

// holder looks up who has the lock, as well as it can.
func (l *AdvisoryLock) holder(ctx context.Context) error {
	e := &LockHeldError{Name: l.name}
	var id sql.NullInt64
	if err := l.conn.QueryRowContext(ctx, "SELECT IS_USED_LOCK(?)", l.name).Scan(&id); err != nil || !id.Valid {
		return e
	}
	e.Connection = id.Int64
	sessions, err := Processes(ctx, l.conn, false)
	if err != nil {
		return e
	}
	for _, p := range sessions {
		if p.ID == uint64(id.Int64) {
			e.Holder = p.User + "@" + p.Host
		}
	}
	return e
}

// Check asks the server whether the lock is still held; if not the error is
// [ErrLockLost].
func (l *AdvisoryLock) Check(ctx context.Context) error {
	var held sql.NullBool
	err := l.conn.QueryRowContext(ctx, "SELECT IS_USED_LOCK(?)=CONNECTION_ID()", l.name).Scan(&held)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("lock %q: %w: %w", l.name, ErrLockLost, err)
	case !held.Bool:
		return fmt.Errorf("lock %q: %w", l.name, ErrLockLost)
	}
	return nil
}

// silence is how long a server may take to say whether a lock is held before it
// is looked at more closely.
const silence = 5 * time.Second

// Run checks the lock every so often until ctx ends (then it returns nil) or
// the lock is lost.
//
// A server that does not answer has not let go of the lock: it may stand still,
// and what it is asked to do is done when it goes on. As long as pulse says so, the
// answer is waited for. It is lost when nobody is there any more, or when the
// server answers others.
func (l *AdvisoryLock) Run(ctx context.Context, every time.Duration, pulse func(context.Context) Pulse) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := l.checkPatiently(ctx, pulse)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
}

func (l *AdvisoryLock) checkPatiently(ctx context.Context, pulse func(context.Context) Pulse) error {
	check, cancel := context.WithCancel(ctx)
	answer := make(chan error, 1)
	go func() { answer <- l.Check(check) }()
	defer func() {
		// The driver ends a connection whose statement is cancelled, and the lock
		// with it.
		cancel()
	}()
	for {
		wait := time.NewTimer(silence)
		select {
		case err := <-answer:
			wait.Stop()
			return err
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-wait.C:
		}
		switch pulse(ctx) {
		case Gone:
			return fmt.Errorf("lock %q: %w: the server did not answer in time", l.name, ErrLockLost)
		case Answers:
			// It may have answered us just now, too.
			select {
			case err := <-answer:
				return err
			case <-time.After(silence):
				return fmt.Errorf("lock %q: %w: the server answers others, but not on this connection", l.name, ErrLockLost)
			}
		}
	}
}

// Close gives the lock up by ending its connection.
func (l *AdvisoryLock) Close() error { return Discard(l.conn) }

// Discard closes a connection for good instead of giving it back to its pool,
// for connections whose session is not as others expect it.
func Discard(conn *sql.Conn) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}
