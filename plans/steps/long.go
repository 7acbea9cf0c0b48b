package steps

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/fencing"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// longTime is how old a transaction may be where the plan does not say.
const longTime = time.Second

// long keeps the fence from being raised into transactions that would hold it up,
// and every writer behind it.
//
// Waiting is a gate, and holds together with the others. Killing is an action,
// done once when all gates hold: what is killed while something else is waited for
// would have been killed for nothing.
func newLong(s plans.Step) (runner.Action, runner.Gate) {
	spec, _ := s.Spec.(*plans.LongTransactions)
	after := longTime
	if spec != nil && spec.After > 0 {
		after = time.Duration(spec.After)
	}
	if spec != nil && spec.Then == plans.ThenKill {
		return &killLong{after: after}, nil
	}
	return nil, &waitLong{after: after}
}

// waitLong waits until they have ended.
type waitLong struct{ after time.Duration }

// Check implements [runner.Gate].
func (w *waitLong) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	list, err := longTransactions(ctx, r, w.after)
	if err != nil {
		return runner.Reading{}, err
	}
	if len(list) == 0 {
		return runner.Reading{Holds: true, Says: "no transaction older than " + w.after.String() + " holds a lock"}, nil
	}
	names := named(list)
	return runner.Reading{Says: few(names, 3), Data: journal.Data{"transactions": names[:min(len(names), 20)]}}, nil
}

// killLong ends them, each named in the journal before. Those that have become
// long while it waits are left: there would be no end to it.
type killLong struct {
	after  time.Duration
	killed []string
}

// refreshed is how long InnoDB's list must be left alone to be made anew.
const refreshed = 150 * time.Millisecond

// Apply implements [runner.Action].
func (k *killLong) Apply(ctx context.Context, r *runner.Run) error {
	first, err := longTransactions(ctx, r, k.after)
	if err != nil {
		return err
	}
	for _, t := range first {
		if t.session == 0 || t.state == "ROLLING BACK" {
			continue
		}
		// Named before: what is killed can not be brought back, and somebody will
		// ask.
		if err := r.Note(ctx, journal.Data{"kills": t.String()}); err != nil {
			return err
		}
		if err := fencing.End(ctx, r.DB(r.From()), t.session); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		k.killed = append(k.killed, t.String())
	}
	for left := first; len(left) > 0; {
		r.Say("waiting for " + few(named(left), 2))
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", few(named(left), 2), context.Cause(ctx))
		case <-time.After(refreshed):
		}
		now, err := longTransactions(ctx, r, k.after)
		if err != nil {
			return err
		}
		left = slices.DeleteFunc(now, func(t transaction) bool {
			return !slices.ContainsFunc(first, func(f transaction) bool { return f.id == t.id })
		})
	}
	return nil
}

// Confirm implements [runner.Action].
func (k *killLong) Confirm(context.Context, *runner.Run) (journal.Data, error) {
	says := "none was in the way"
	if len(k.killed) > 0 {
		says = fmt.Sprintf("%d killed, and gone", len(k.killed))
	}
	return journal.Data{"says": says, "killed": k.killed}, nil
}

// Undo implements [runner.Action]. What was killed has been rolled back, and its
// application has seen an error.
func (k *killLong) Undo(context.Context, *runner.Run) error { return nil }

// transaction is one that is open on the owner's side.
type transaction struct {
	id       string // InnoDB's own
	session  uint64 // 0 for one that was prepared and whose session is gone
	user     string
	host     string
	age      time.Duration
	state    string // RUNNING, LOCK WAIT, ROLLING BACK, COMMITTING
	locked   int64  // rows
	modified int64
}

// String names it. What it runs is not shown: that may hold anybody's data.
func (t transaction) String() string {
	if t.session == 0 {
		return fmt.Sprintf("a prepared XA transaction, %s old, %d rows changed: XA RECOVER lists it, XA COMMIT or XA ROLLBACK ends it", t.age, t.modified)
	}
	return fmt.Sprintf("transaction of session %d, %s@%s, %s old, %s, %d rows locked, %d changed",
		t.session, t.user, t.host, t.age, strings.ToLower(t.state), t.locked, t.modified)
}

func named(list []transaction) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.String()
	}
	return out
}

// longTransactions lists those that are older than after and would hold up the
// fence. A transaction without a lock would not: it reads a snapshot, for a backup
// or a report, and may go on doing so. Those of tandem's own user and of the
// server itself are never among them.
//
// Where the server tells which tables a transaction has locked, only those on the
// groups' tables count, and on the rows that guards read.
func longTransactions(ctx context.Context, r *runner.Run, after time.Duration) (list []transaction, err error) {
	db := r.DB(r.From())
	if list, err = openTransactions(ctx, db, after); err != nil {
		return nil, err
	}
	return inTheWay(ctx, db, r, list)
}

// openTransactions lists those that are older than after and hold a lock.
func openTransactions(ctx context.Context, db *sql.DB, after time.Duration) ([]transaction, error) {
	all, err := mysqldb.OpenTransactions(ctx, db)
	if err != nil {
		return nil, err
	}
	sessions, err := mysqldb.Processes(ctx, db, false)
	if err != nil {
		return nil, err
	}
	var own string
	if err := db.QueryRowContext(ctx, "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)").Scan(&own); err != nil {
		return nil, fmt.Errorf("look who lists open transactions: %w", err)
	}
	var list []transaction
	for _, t := range all {
		one := transaction{id: t.ID, session: t.Session, age: t.Age, state: t.State, locked: t.Locked, modified: t.Modified}
		if i := slices.IndexFunc(sessions, func(p mysqldb.Process) bool { return p.ID == t.Session }); i >= 0 {
			one.user, one.host = sessions[i].User, sessions[i].Host
		} else if t.Session != 0 {
			continue // it has ended between the two lists
		}
		if t.Age < after || t.Locks == 0 && t.Modified == 0 || slices.Contains([]string{"system user", "event_scheduler", own}, one.user) {
			continue
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b transaction) int { return int(b.age - a.age) })
	return list, nil
}

// inTheWay leaves out transactions that have locked nothing of the groups', where
// the server tells.
func inTheWay(ctx context.Context, db *sql.DB, r *runner.Run, list []transaction) ([]transaction, error) {
	if len(list) == 0 {
		return nil, nil
	}
	tells, err := tellsLocks(ctx, db)
	if err != nil || !tells {
		return list, err
	}
	marks, args := "?", []any{list[0].id}
	for _, t := range list[1:] {
		marks, args = marks+", ?", append(args, t.id)
	}
	rows, err := db.QueryContext(ctx, "SELECT DISTINCT ENGINE_TRANSACTION_ID, OBJECT_SCHEMA, OBJECT_NAME FROM performance_schema.data_locks WHERE ENGINE_TRANSACTION_ID IN ("+marks+")", args...)
	if err != nil {
		return nil, fmt.Errorf("list what open transactions have locked: %w", err)
	}
	defer rows.Close()
	tables := r.AllTables()
	harmful := map[string]bool{}
	for rows.Next() {
		var id, base, table string
		if err := rows.Scan(&id, &base, &table); err != nil {
			return nil, fmt.Errorf("list what open transactions have locked: %w", err)
		}
		if base == "_tandem" && table == "ownership" ||
			slices.Contains(tables, schema.Name{Schema: base, Table: table}) {
			harmful[id] = true
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list what open transactions have locked: %w", err)
	}
	return slices.DeleteFunc(list, func(t transaction) bool { return t.session != 0 && !harmful[t.id] }), nil
}

// tellsLocks tells whether performance_schema shows locks: from 8.0 on, if it is
// there at all.
func tellsLocks(ctx context.Context, db *sql.DB) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, `SELECT @@GLOBAL.performance_schema AND COUNT(*) > 0 FROM information_schema.TABLES
WHERE TABLE_SCHEMA = 'performance_schema' AND TABLE_NAME = 'data_locks'`).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look whether locks are shown: %w", err)
	}
	return n > 0, nil
}
