package guard

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// session is a connection of its own for statements that need a table's
// metadata lock.
type session struct {
	db   *sql.DB
	conn *sql.Conn
	id   uint64
	// spent: a statement on it was killed, and whether that has reached it in time
	// is not known, so it is not used again.
	spent bool
}

// The first attempt to get a lock ends after shortest, and each further one is
// allowed twice that, up to the whole seconds that servers count in: a slow
// server gets its time, too.
const (
	shortest = 200 * time.Millisecond
	longest  = time.Second
)

// open sets the session up: a trigger keeps the sql_mode and the character set
// under which it is made, and everybody queues behind a statement that waits for
// a metadata lock, so that wait is short.
func open(ctx context.Context, db *sql.DB, wait time.Duration) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{db: db, conn: conn}
	seconds := max(1, int(wait/time.Second))
	_, err = conn.ExecContext(ctx, fmt.Sprintf("SET SESSION sql_mode='%s', lock_wait_timeout=%d, innodb_lock_wait_timeout=%d",
		mysqldb.PermissiveMode, seconds, seconds))
	if err == nil {
		err = conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&s.id)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close ends the connection: its settings are not those of the pool.
func (s *session) close() error { return mysqldb.Discard(s.conn) }

// exec executes a statement, and has it killed if it takes longer than that; 0
// leaves it to the server's own timeout. Where killing does not work that one
// holds, too.
func (s *session) exec(ctx context.Context, statement string, atMost time.Duration) error {
	if atMost <= 0 {
		_, err := s.conn.ExecContext(ctx, statement)
		return err
	}
	done := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		timer := time.NewTimer(atMost)
		defer timer.Stop()
		select {
		case <-done:
		case <-timer.C:
			s.spent = true
			// An error only means that the statement waits for longer.
			_, _ = s.db.ExecContext(ctx, fmt.Sprintf("KILL QUERY %d", s.id))
		}
	})
	_, err := s.conn.ExecContext(ctx, statement)
	close(done)
	killer.Wait()
	return err
}

// patience is how long the n-th attempt may take, counted from 0; 0 for as long
// as the server waits.
func patience(n int) time.Duration {
	if wait := shortest << min(n, 8); wait < longest {
		return wait
	}
	return 0
}

// busy tells whether a lock was not to be had.
func busy(err error) bool {
	return mysqldb.IsLockWait(err) || mysqldb.IsDeadlock(err) || mysqldb.IsInterrupted(err)
}

// Waiting says why a guard is not there yet.
type Waiting struct {
	Table schema.Name
	// For is how long this table has been waited for.
	For time.Duration
	// Blockers are transactions that hold the table's metadata lock, or, where
	// the server can not tell, those that may: see Certain.
	Blockers []Blocker
	Certain  bool
}

// Blocker is a session with an open transaction or statement.
type Blocker struct {
	ID   uint64        `json:"id"`
	User string        `json:"user"`
	Host string        `json:"host"`
	Age  time.Duration `json:"age"`
}

// String returns what to look for and what to type.
func (b Blocker) String() string {
	return fmt.Sprintf("connection %d of %s@%s, open for %s", b.ID, b.User, b.Host, b.Age)
}

// mostBlockers bounds how many are named.
const mostBlockers = 5

// blockers asks who has a table's metadata lock. Statements are not read: they
// hold the application's data.
func blockers(ctx context.Context, db *sql.DB, table schema.Name, own uint64) (list []Blocker, certain bool, err error) {
	open, err := mysqldb.OpenTransactions(ctx, db)
	if err != nil {
		return nil, false, err
	}
	sessions, err := mysqldb.Processes(ctx, db, false)
	if err != nil {
		return nil, false, err
	}
	// No performance schema, or not with metadata locks, or no right to read it:
	// then it may be any of them.
	holders, err := lockHolders(ctx, db, table)
	certain = err == nil && len(holders) > 0
	for _, p := range sessions {
		i := slices.IndexFunc(open, func(t mysqldb.OpenTransaction) bool { return t.Session == p.ID })
		if p.ID == own || certain && !slices.Contains(holders, p.ID) || !certain && i < 0 {
			continue
		}
		b := Blocker{ID: p.ID, User: p.User, Host: p.Host, Age: time.Duration(p.Seconds) * time.Second}
		if i >= 0 {
			b.Age = open[i].Age
		}
		list = append(list, b)
	}
	slices.SortStableFunc(list, func(a, b Blocker) int { return cmp.Compare(b.Age, a.Age) })
	return list[:min(len(list), mostBlockers)], certain, nil
}

// lockHolders returns the sessions that have a table's metadata lock.
func lockHolders(ctx context.Context, db *sql.DB, table schema.Name) (list []uint64, err error) {
	rows, err := db.QueryContext(ctx, "SELECT DISTINCT t.PROCESSLIST_ID FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.THREAD_ID=l.OWNER_THREAD_ID"+
		" WHERE l.OBJECT_TYPE='TABLE' AND l.OBJECT_SCHEMA=? AND l.OBJECT_NAME=? AND l.LOCK_STATUS='GRANTED' AND t.PROCESSLIST_ID IS NOT NULL", table.Schema, table.Table)
	if err != nil {
		return nil, fmt.Errorf("look who holds a table's lock: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look who holds a table's lock: %w", err)
		}
		list = append(list, id)
	}
	return list, rows.Err()
}
