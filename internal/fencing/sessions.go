package fencing

import (
	"context"
	"fmt"
	"slices"
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
func Sessions(ctx context.Context, db mysqldb.Querier, names []string) ([]Session, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, err := mysqldb.Processes(ctx, db, false)
	if err != nil {
		return nil, err
	}
	var found []Session
	for _, p := range all {
		if slices.Contains(names, p.User) {
			found = append(found, Session{ID: p.ID, User: p.User, Host: p.Host})
		}
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
