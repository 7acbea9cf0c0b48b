package guard

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	list, err = listBlockers(ctx, db, fmt.Sprintf(lockHolders, mostBlockers), table.Schema, table.Table, own)
	if err == nil && len(list) > 0 {
		return list, true, nil
	}
	// No performance schema, or not with metadata locks, or no right to read it.
	list, err = listBlockers(ctx, db, fmt.Sprintf(openTransactions, mostBlockers), own)
	return list, false, err
}

const (
	lockHolders = "SELECT t.PROCESSLIST_ID, COALESCE(t.PROCESSLIST_USER,''), COALESCE(t.PROCESSLIST_HOST,''), COALESCE(TIMESTAMPDIFF(SECOND, x.trx_started, NOW()), t.PROCESSLIST_TIME, 0)" +
		" FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.THREAD_ID=l.OWNER_THREAD_ID" +
		" LEFT JOIN information_schema.INNODB_TRX x ON x.trx_mysql_thread_id=t.PROCESSLIST_ID" +
		" WHERE l.OBJECT_TYPE='TABLE' AND l.OBJECT_SCHEMA=? AND l.OBJECT_NAME=? AND l.LOCK_STATUS='GRANTED' AND t.PROCESSLIST_ID<>?" +
		" GROUP BY 1,2,3,4 ORDER BY 4 DESC LIMIT %d"
	openTransactions = "SELECT x.trx_mysql_thread_id, COALESCE(p.USER,''), COALESCE(p.HOST,''), TIMESTAMPDIFF(SECOND, x.trx_started, NOW())" +
		" FROM information_schema.INNODB_TRX x LEFT JOIN information_schema.PROCESSLIST p ON p.ID=x.trx_mysql_thread_id" +
		" WHERE x.trx_mysql_thread_id NOT IN (0, ?) ORDER BY 4 DESC LIMIT %d"
)

func listBlockers(ctx context.Context, db *sql.DB, query string, args ...any) (list []Blocker, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("look who holds a table's lock: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b Blocker
		var seconds int64
		if err := rows.Scan(&b.ID, &b.User, &b.Host, &seconds); err != nil {
			return nil, fmt.Errorf("look who holds a table's lock: %w", err)
		}
		b.Age = time.Duration(seconds) * time.Second
		list = append(list, b)
	}
	return list, rows.Err()
}
