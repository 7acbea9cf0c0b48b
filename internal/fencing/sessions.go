package fencing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/mysqldb"
)

// Session is somebody's connection to a server.
type Session struct {
	ID   uint64
	User string
	Host string
}

// String names it.
func (s Session) String() string { return fmt.Sprintf("%d of %s from %s", s.ID, s.User, s.Host) }

// Sessions lists the connections of users, by name. Which of several accounts of
// one name a session was let in by, the server does not tell, so all count.
func Sessions(ctx context.Context, db querier, names []string) (found []Session, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	err = Listed(ctx, func() error {
		found, err = sessions(ctx, db, names)
		return err
	})
	return found, err
}

// Listed asks for the server's list of sessions until it comes whole. It holds
// everybody's statements, and breaks off at one whose bytes are no text; a moment
// later that is another one.
func Listed(ctx context.Context, ask func() error) error {
	const badText, tries = 3854, 100
	for i := 1; ; i++ {
		err := ask()
		if code, _ := mysqldb.Code(err); code != badText || i == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(3 * time.Millisecond):
		}
	}
}

func sessions(ctx context.Context, db querier, names []string) ([]Session, error) {
	args := make([]any, len(names))
	for i, n := range names {
		args[i] = n
	}
	rows, err := db.QueryContext(ctx, "SELECT ID, USER, HOST FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER IN (?"+
		strings.Repeat(", ?", len(names)-1)+")", args...)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var found []Session
	for rows.Next() {
		var one Session
		if err := rows.Scan(&one.ID, &one.User, &one.Host); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		// Users are told apart by case, whatever the list's collation.
		if slices.Contains(names, one.User) {
			found = append(found, one)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return found, nil
}

// Server error numbers around KILL.
const (
	codeNoSuchThread = 1094
	codeKillDenied   = 1095
	codeNoProcedure  = 1305
)

// End ends a session. One that is gone already is no error. Where KILL is denied
// the clouds' own procedure is called.
func End(ctx context.Context, db querier, id uint64) error {
	_, err := db.ExecContext(ctx, fmt.Sprintf("KILL %d", id))
	if code, _ := mysqldb.Code(err); code == codeKillDenied {
		if _, cloud := db.ExecContext(ctx, "CALL mysql.rds_kill(?)", id); cloud == nil {
			return nil
		} else if code, _ := mysqldb.Code(cloud); code == codeNoSuchThread {
			return nil
		} else if code != codeNoProcedure {
			err = cloud
		}
	}
	if code, _ := mysqldb.Code(err); err == nil || code == codeNoSuchThread {
		return nil
	}
	return fmt.Errorf("end session %d: %w", id, err)
}

// mayEndSessions makes sure that sessions can be ended, before anything is done
// that would be of no use while they last.
func (s *session) mayEndSessions(ctx context.Context, kind Kind) error {
	if s.rights.HasGlobal("SUPER") || s.rights.HasGlobal("CONNECTION_ADMIN") {
		return nil
	}
	var n int
	err := s.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'mysql' AND ROUTINE_NAME = 'rds_kill'").Scan(&n)
	if err != nil {
		return fmt.Errorf("look for mysql.rds_kill: %w", err)
	}
	if n > 0 {
		return nil
	}
	right := "CONNECTION_ADMIN"
	if !s.facts.Version.AtLeast(8, 0, 0) {
		right = "SUPER"
	}
	return &RefusedError{Kind: kind, Why: s.user.String() + " may not end other users' sessions, which would go on writing",
		What: "GRANT " + right + " ON *.* to tandem's user there, or use the guard or exec: instead"}
}

// endSessions ends the sessions that users have now, and waits until they are
// gone: a transaction that is being rolled back still holds its locks.
func (s *session) endSessions(ctx context.Context, names []string) error {
	first, err := Sessions(ctx, s, names)
	if err != nil {
		return err
	}
	left, pause := first, 5*time.Millisecond
	for len(left) > 0 {
		for _, one := range left {
			if err := End(ctx, s, one.ID); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d sessions to end, such as %s: %w", len(left), left[0], context.Cause(ctx))
		case <-time.After(pause):
		}
		pause = min(2*pause, 100*time.Millisecond)
		now, err := Sessions(ctx, s, names)
		if err != nil {
			return err
		}
		// Those that have begun since were let in as things are now.
		left = slices.DeleteFunc(now, func(one Session) bool {
			return !slices.ContainsFunc(first, func(f Session) bool { return f.ID == one.ID })
		})
	}
	return nil
}
