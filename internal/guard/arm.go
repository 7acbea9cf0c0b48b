package guard

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// Options say what is armed and how patiently.
type Options struct {
	Migration string
	// Side is the one that the database is.
	Side   ownership.Side
	Group  string
	Tables []schema.Name
	// LockWait is how long one attempt waits at most for a table's metadata lock,
	// while everybody who comes later waits behind it; whole seconds, 1 if 0. The
	// first attempts are shorter. Pause is the time between two attempts; LockWait
	// if 0.
	LockWait, Pause time.Duration
	// Waiting is told of each attempt that did not get the lock; may be nil.
	Waiting func(Waiting)
}

// Armed is what arming has changed.
type Armed struct {
	// Created are the guards that were not there. Undoing means dropping these.
	Created []Trigger
	// Replaced were there, but outdated.
	Replaced []Trigger
}

// The reasons why tables can not be guarded.
var (
	// ErrNoRecord: without the record of a group its guards would refuse all.
	ErrNoRecord = errors.New("the side has no record of the group's owner")
	// ErrForeign: a guard of another migration is there.
	ErrForeign = errors.New("another migration guards the table")
	// ErrSlotTaken: the server has one trigger for each event at most, and the
	// application has it.
	ErrSlotTaken = errors.New("the table has a trigger in that place, and servers before MySQL 5.7 take one only")
)

// TableError says why a table can not be guarded.
type TableError struct {
	Trigger Trigger
	// Other names what is in the way.
	Other string
	Err   error
}

// Error implements error.
func (e *TableError) Error() string {
	s := fmt.Sprintf("guard %s before %s: %v", e.Trigger.Table, e.Trigger.Event, e.Err)
	if e.Other != "" {
		s += " (" + e.Other + ")"
	}
	return s
}

// Unwrap returns the reason.
func (e *TableError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *TableError) Hint() string {
	switch {
	case errors.Is(e.Err, ErrSlotTaken):
		return "use another fence for the group: fence: {guard: false, accounts: [...]} in the plan"
	case errors.Is(e.Err, ErrForeign):
		return "finish that migration first; if there is none any more, drop its guards: DROP TRIGGER " + e.Trigger.quoted()
	}
	return ""
}

// Arm makes the guards of a group's tables that are not there as they should
// be. It goes on until all are there or ctx ends; what it has made by then is
// in its answer also if it fails. Killed in the middle, it is called again.
func Arm(ctx context.Context, db *sql.DB, o Options) (Armed, error) {
	var a Armed
	if err := recorded(ctx, db, o.Migration, o.Group, o.Side); err != nil {
		return a, err
	}
	w := worker{db: db, wait: o.LockWait, pause: o.Pause, waiting: o.Waiting}
	g := guarded{migration: o.Migration, group: o.Group, side: o.Side}
	err := w.each(ctx, o.Tables, "arm the guards of", func(ctx context.Context, s *session, t schema.Name, atMost time.Duration) error {
		return armTable(ctx, s, g, t, atMost, &a)
	})
	return a, err
}

// recorded makes sure that a group has an owner on this side.
func recorded(ctx context.Context, db *sql.DB, migration, group string, side ownership.Side) error {
	records, err := ownership.Load(ctx, db, migration)
	if err != nil && !mysqldb.IsNoSuchTable(err) {
		return fmt.Errorf("arm the guards of group %s on the %s: %w", group, side, err)
	}
	if _, there := records[group]; !there {
		return fmt.Errorf("arm the guards of group %s on the %s: %w: start tandem replicate, and wait until both links run",
			group, side, ErrNoRecord)
	}
	return nil
}

// armTable makes what is missing of one table's three guards.
func armTable(ctx context.Context, s *session, g guarded, t schema.Name, atMost time.Duration, a *Armed) error {
	there, err := load(ctx, s.conn, []string{t.Schema})
	if err != nil {
		return err
	}
	for _, e := range Events() {
		seen, gone := there.judge(g, t, e)
		switch seen.State {
		case Foreign:
			other := "its label can not be read"
			if seen.Migration != "" {
				other = "migration " + seen.Migration
			}
			return &TableError{Trigger: seen.Trigger, Other: other, Err: ErrForeign}
		case Present:
			continue
		}
		before := there.first(t, e, gone)
		for _, old := range gone {
			if err := s.exec(ctx, "DROP TRIGGER IF EXISTS "+old.quoted(), atMost); err != nil {
				return fmt.Errorf("drop the outdated guard %s of %s: %w", old.Name, old.Table, err)
			}
		}
		err := s.exec(ctx, g.create(seen.Trigger, before), atMost)
		switch code, _ := mysqldb.Code(err); {
		case code == codeParse && before != "", code == codeNotSupportedYet && before != "":
			return &TableError{Trigger: seen.Trigger, Other: "trigger " + before, Err: ErrSlotTaken}
		case err != nil:
			return fmt.Errorf("guard %s before %s: %w", t, e, err)
		case seen.State == Outdated:
			a.Replaced = append(a.Replaced, seen.Trigger)
		default:
			a.Created = append(a.Created, seen.Trigger)
		}
	}
	return nil
}

const (
	codeParse           = 1064
	codeNotSupportedYet = 1235
)

// worker does something to tables that needs their metadata lock, again and
// again until it has been done to all.
type worker struct {
	db          *sql.DB
	wait, pause time.Duration
	waiting     func(Waiting)
}

func (w *worker) each(ctx context.Context, tables []schema.Name, what string,
	do func(context.Context, *session, schema.Name, time.Duration) error) (err error) {
	wait := w.wait
	if wait < time.Second {
		wait = time.Second
	}
	pause := w.pause
	if pause <= 0 {
		pause = wait
	}
	s, err := open(ctx, w.db, wait)
	if err != nil {
		return fmt.Errorf("%s %d tables: %w", what, len(tables), err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	began, left := time.Now(), tables
	for n := 0; len(left) > 0; n++ {
		var again []schema.Name
		for _, t := range left {
			err := do(ctx, s, t, patience(n))
			switch {
			case ctx.Err() != nil:
				return fmt.Errorf("%s %s: %w", what, t, context.Cause(ctx))
			case busy(err):
				again = append(again, t)
				w.tell(ctx, s, t, began)
			case err != nil:
				return fmt.Errorf("%s %s: %w", what, t, err)
			}
			if s.spent {
				next, err := open(ctx, w.db, wait)
				if ctx.Err() != nil {
					err = context.Cause(ctx)
				}
				if err != nil {
					return fmt.Errorf("%s %s: %w", what, t, err)
				}
				old := s
				s = next
				if err := old.close(); err != nil {
					return fmt.Errorf("%s %s: %w", what, t, err)
				}
			}
		}
		if left = again; len(left) == 0 {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%s %s: %w", what, left[0], context.Cause(ctx))
		}
	}
	return nil
}

func (w *worker) tell(ctx context.Context, s *session, t schema.Name, began time.Time) {
	if w.waiting == nil {
		return
	}
	note := Waiting{Table: t, For: time.Since(began)}
	// Not knowing who is in the way is no reason to stop.
	note.Blockers, note.Certain, _ = blockers(ctx, w.db, t, s.id)
	w.waiting(note)
}
