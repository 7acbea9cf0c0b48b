package fencing

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
)

// session is the one connection in which fences of a side are changed. It holds a
// lock of the server's, so nobody else changes them meanwhile; and the server ends
// it when it is silent for too long, so that its owner, having slept, can not go
// on where others have taken over.
type session struct {
	*sql.Conn
	// user is the account that it runs as.
	user Account
	// facts and rights are looked up where something is raised.
	facts  mysqldb.Facts
	rights mysqldb.Grants
	// programs runs what exec fences consist of.
	programs Programs
}

// lockName is within the 64 characters that servers take.
func lockName(migration string) string {
	sum := sha256.Sum256([]byte(migration))
	return "tandem fences " + hex.EncodeToString(sum[:12])
}

// hold opens the session. silence is how long the server lets it be silent, in
// whole seconds, rounded up.
func hold(ctx context.Context, db *sql.DB, migration string, silence time.Duration) (_ *session, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{Conn: conn}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.end())
		}
	}()
	seconds := max(1, int((silence+time.Second-1)/time.Second))
	_, err = conn.ExecContext(ctx, fmt.Sprintf("SET SESSION wait_timeout=%d, lock_wait_timeout=%d, innodb_lock_wait_timeout=%d", seconds, seconds, seconds))
	if err != nil {
		return nil, err
	}
	for got := false; !got; {
		// A second at a time: a driver that gives up in the middle ends the
		// connection, but not its statement.
		var answer sql.NullBool
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, 1)", lockName(migration)).Scan(&answer); err != nil {
			return nil, fmt.Errorf("wait for whoever changes fences now: %w", err)
		}
		got = answer.Bool
	}
	var user string
	if err := conn.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&user); err != nil {
		return nil, err
	}
	s.user = parseAccount(user)
	return s, nil
}

// end closes the connection, and with it lets go of the lock.
func (s *session) end() error { return mysqldb.Discard(s.Conn) }

// exec runs a statement of the server's that this package has made.
func (s *session) exec(ctx context.Context, statement string) error {
	if _, err := s.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
