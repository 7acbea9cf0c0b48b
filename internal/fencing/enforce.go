package fencing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
)

// Verdict is what was done about a fence whose deadline was over.
type Verdict struct {
	Fence Fence
	// Kept is set if its groups belong to the other side by now, so that it stays.
	Kept bool
	Err  error
}

// Enforce lifts the fences of a migration on a side whose deadline is over, and
// goes on with those that somebody has begun to lift. A fence whose groups have
// been handed over meanwhile loses its deadline instead. The clock is the
// server's. It costs one query where there is nothing to do.
func Enforce(ctx context.Context, db *sql.DB, migration string, programs Programs) ([]Verdict, error) {
	list, err := Read(ctx, db, Which{Migration: migration})
	if mysqldb.IsAccessDenied(err) {
		return nil, nil // who may not look has raised nothing
	}
	if err != nil {
		return nil, err
	}
	var verdicts []Verdict
	for i := len(list) - 1; i >= 0; i-- {
		f := list[i]
		if !f.Lifting && !(f.Deadline && f.Left <= 0) {
			continue
		}
		v := Verdict{Fence: f}
		if v.Kept, v.Err = enforce(ctx, db, f, programs); v.Err == nil || !mysqldb.IsRetryable(v.Err) {
			verdicts = append(verdicts, v)
		}
	}
	return verdicts, nil
}

func enforce(ctx context.Context, db *sql.DB, f Fence, programs Programs) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.switchTime())
	defer cancel()
	s, err := hold(ctx, db, f.Migration, f.switchTime())
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	s.programs = programs
	if !f.Lifting {
		gone, kept, err := decide(ctx, db, f)
		if err != nil || gone || kept {
			return kept, err
		}
	}
	return false, s.lift(ctx, f)
}

// decide finds out, while nobody can hand the groups over, whether the fence is
// to be lifted, and marks it if so.
func decide(ctx context.Context, db *sql.DB, f Fence) (gone, kept bool, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, false, err
	}
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	// A handover in its last moments holds the rows; the next second will do.
	if _, err := conn.ExecContext(ctx, "SET SESSION innodb_lock_wait_timeout = 1"); err != nil {
		return false, false, err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, false, err
	}
	defer tx.Rollback()
	owner, err := ownedBy(ctx, tx, f.Migration, f.Groups)
	if err != nil {
		return false, false, err
	}
	list, err := read(ctx, tx, Which{Migration: f.Migration}, "FOR UPDATE")
	if err != nil {
		return false, false, err
	}
	gone = true
	for _, now := range list {
		if now.ID == f.ID && (now.Lifting || now.Deadline && now.Left <= 0) {
			gone = false
		}
	}
	if gone {
		return true, false, nil // somebody was faster, or has raised it anew
	}
	what := "lifting = 1"
	if kept = owner != "" && owner != f.Side; kept {
		what = "deadline_at = NULL"
	}
	if err := set(ctx, tx, f.ID, what); err != nil {
		return false, false, err
	}
	return false, kept, tx.Commit()
}

// Enforcer enforces deadlines on both sides for as long as it runs. It is part of
// the daemon, so that no fence outlives its runner.
type Enforcer struct {
	Migration string
	// Open opens a small pool of a side.
	Open     func(ctx context.Context, side ownership.Side) (*sql.DB, error)
	Programs Programs
	Log      *slog.Logger
	// Every is how often it looks; 0 means every second.
	Every time.Duration
}

// Run looks at both sides until ctx ends. A side that can not be asked is asked
// again; it never ends by itself.
func (e *Enforcer) Run(ctx context.Context) error {
	done := make(chan struct{}, 2)
	for _, side := range []ownership.Side{ownership.Source, ownership.Target} {
		go func() {
			e.watch(ctx, side)
			done <- struct{}{}
		}()
	}
	<-done
	<-done
	return nil
}

func (e *Enforcer) watch(ctx context.Context, side ownership.Side) {
	every := e.Every
	if every <= 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	var db *sql.DB
	defer func() {
		if db != nil {
			db.Close()
		}
	}()
	said := ""
	for {
		var err error
		if db == nil {
			db, err = e.Open(ctx, side)
		}
		if err == nil {
			err = e.look(ctx, db, side)
		}
		if ctx.Err() != nil {
			return
		}
		// The same trouble is told once.
		if text := fmt.Sprint(err); text != said {
			if said = text; err != nil {
				e.Log.Warn("the fences can not be looked at", "side", side, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look enforces once. What could not be lifted is an error, and tried again.
func (e *Enforcer) look(ctx context.Context, db *sql.DB, side ownership.Side) error {
	verdicts, err := Enforce(ctx, db, e.Migration, e.Programs)
	for _, v := range verdicts {
		about := []any{"side", side, "fence", v.Fence.Kind, "stage", v.Fence.Stage, "groups", strings.Join(v.Fence.Groups, ",")}
		switch {
		case v.Err != nil:
			err = errors.Join(err, v.Err)
		case v.Kept:
			e.Log.Info("a fence stays: its groups have been handed over", about...)
		default:
			e.Log.Warn("a fence was lifted at its deadline: its runner did not", about...)
		}
	}
	return err
}
