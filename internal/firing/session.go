package firing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// lockWait bounds one attempt to get a table's metadata lock: everybody queues
// behind it meanwhile.
const lockWait = time.Second

// maker makes objects over a connection of its own, which looks to the server
// like that of whoever made them first.
type maker struct {
	conn    *sql.Conn
	version mysqldb.Version
	scope   *Scope
	notes   []Note
}

// Note is something that is not quite as it was: it works, and somebody should
// know.
type Note struct {
	Object string `json:"object"`
	What   string `json:"what"`
}

func newMaker(ctx context.Context, db *sql.DB, s *Scope) (*maker, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	m := &maker{conn: conn, scope: s}
	var version string
	err = conn.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version)
	if err == nil {
		m.version, err = mysqldb.ParseVersion(version)
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, fmt.Sprintf("SET SESSION lock_wait_timeout=%d", lockWait/time.Second))
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// close ends the connection: its settings are not those of the pool.
func (m *maker) close() error { return mysqldb.Discard(m.conn) }

func (m *maker) note(o *Object, format string, args ...any) {
	m.notes = append(m.notes, Note{Object: o.String(), What: fmt.Sprintf(format, args...)})
}

// dress gives the session what the server keeps with an object.
func (m *maker) dress(ctx context.Context, o *Object, database string) error {
	zone := o.TimeZone
	if zone == "" {
		zone = "+00:00"
	}
	charset, collation := m.word(o.Charset), m.word(o.Collation)
	if charset == "" {
		charset, collation = "utf8mb4", "utf8mb4_general_ci"
	}
	for _, s := range []string{
		"SET NAMES utf8mb4",
		"USE " + schema.Quote(database),
		"SET SESSION sql_mode=" + sqltoken.Quote(knownMode(o.SQLMode, m.version.AtLeast(8, 0, 11))) + ", time_zone=" + sqltoken.Quote(zone) +
			", collation_connection=" + sqltoken.Quote(collation) + ", character_set_client=" + sqltoken.Quote(charset),
	} {
		if _, err := m.conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("set the session up for %s: %w", o, err)
		}
	}
	return nil
}

// word translates the name of a character set or collation: utf8 has been
// called utf8mb3 since MySQL 8.0.30.
func (m *maker) word(name string) string {
	old, now := "utf8", "utf8mb3"
	if !m.version.AtLeast(8, 0, 30) {
		old, now = now, old
	}
	if name == old || strings.HasPrefix(name, old+"_") {
		return now + name[len(old):]
	}
	return name
}

// make makes an object as its definer, or, where the server does not let that be,
// as tandem's user: a group that opens must not wait for an account. Whoever
// looked beforehand ([Check]) knows.
func (m *maker) make(ctx context.Context, o *Object, f form) error {
	f.definer = m.scope.definer(o.Definer)
	return m.withDefiner(ctx, o, &f.definer, func() (string, error) { return o.create(f) })
}

func (m *maker) withDefiner(ctx context.Context, o *Object, definer *string, statement func() (string, error)) error {
	if err := m.dress(ctx, o, o.Name.Schema); err != nil {
		return err
	}
	wanted := *definer
	for {
		sql, err := statement()
		if err != nil {
			return err
		}
		_, err = m.conn.ExecContext(ctx, sql)
		switch {
		case err == nil:
			return nil
		case *definer != "" && definerRefused(err):
			*definer = ""
			m.note(o, "it runs as tandem's user, since the server did not take %s: %v", wanted, err)
		default:
			return err
		}
	}
}

// definerRefused tells whether the server does not let the definer be: SUPER or
// SET_ANY_DEFINER is missing, or there is no such account.
func definerRefused(err error) bool {
	code, _ := mysqldb.Code(err)
	return slices.Contains([]uint16{codeSpecificAccess, codeNoSuchUser, codeOperationCreate, codeOperationAlter}, code)
}

// The server's numbers.
const (
	codeSpecificAccess  = 1227
	codeNoSuchUser      = 1449
	codeOperationCreate = 1396
	codeOperationAlter  = 4006
	codeTriggerExists   = 1359
	codeNoTrigger       = 1360
	codeEventExists     = 1537
	codeNoEvent         = 1539
	codeTableExists     = 1050
	codeRoutineExists   = 1304
)

// patiently repeats what needs a table's metadata lock until it gets it.
func patiently(ctx context.Context, do func() error) error {
	for {
		err := do()
		if !mysqldb.IsLockWait(err) && !mysqldb.IsDeadlock(err) {
			return err
		}
		timer := time.NewTimer(lockWait / 4)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

// modesGone are modes that servers from 8.0 on no longer have. Those which stand
// for several are printed together with what they stand for.
var modesGone = []string{"NO_AUTO_CREATE_USER", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS",
	"POSTGRESQL", "ORACLE", "MSSQL", "DB2", "MAXDB", "MYSQL323", "MYSQL40"}

// knownMode is an sql_mode without what new servers refuse.
func knownMode(mode string, modern bool) string {
	if !modern {
		return mode
	}
	kept := slices.DeleteFunc(strings.Split(mode, ","), func(m string) bool { return slices.Contains(modesGone, m) })
	return strings.Join(kept, ",")
}
