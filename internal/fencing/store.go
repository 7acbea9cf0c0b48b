package fencing

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
)

// Tables are the statements that create the records' table.
var Tables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.fence (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  run varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stage varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  side enum('source','target') CHARACTER SET ascii NOT NULL,
  groups_json text CHARACTER SET utf8mb4 NOT NULL,
  undo_json mediumtext CHARACTER SET utf8mb4 NOT NULL,
  recorded_at datetime(6) NOT NULL,
  raised_at datetime(6) NULL,
  deadline_at datetime(6) NULL,
  lifting tinyint NOT NULL DEFAULT 0,
  lifted_at datetime(6) NULL,
  PRIMARY KEY (id),
  KEY standing (migration, lifted_at)
) ENGINE=InnoDB`,
}

// Prepare makes the table where it is missing.
func Prepare(ctx context.Context, db *sql.DB) error {
	for _, statement := range Tables {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("create _tandem.fence: %w", err)
		}
	}
	return nil
}

// Which picks records. What is empty matches all.
type Which struct {
	Migration string // never empty
	Run       string
	Stage     string
	// Groups picks the fences that keep any of these groups from being written.
	Groups []string
}

func (w *Which) has(f *Fence) bool {
	return (w.Run == "" || w.Run == f.Run) && (w.Stage == "" || w.Stage == f.Stage) &&
		(len(w.Groups) == 0 || slices.ContainsFunc(w.Groups, func(g string) bool { return slices.Contains(f.Groups, g) }))
}

// querier is a pool, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Read returns the fences that stand on a side, the oldest first. They stand
// until they are lifted: one that was cut off in the middle of being raised is
// among them.
func Read(ctx context.Context, db querier, w Which) ([]Fence, error) { return read(ctx, db, w, "") }

func read(ctx context.Context, db querier, w Which, locking string) ([]Fence, error) {
	rows, err := db.QueryContext(ctx, `SELECT id, migration, run, stage, kind, side, groups_json, undo_json,
  UNIX_TIMESTAMP(recorded_at), UNIX_TIMESTAMP(raised_at),
  TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), deadline_at), lifting
FROM _tandem.fence WHERE migration = ? AND lifted_at IS NULL ORDER BY id `+locking, w.Migration)
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the fences: %w", err)
	}
	defer rows.Close()
	var list []Fence
	for rows.Next() {
		var f Fence
		var groups, undo []byte
		var recorded float64
		var raised sql.NullFloat64
		var left sql.NullInt64
		if err := rows.Scan(&f.ID, &f.Migration, &f.Run, &f.Stage, &f.Kind, &f.Side, &groups, &undo, &recorded, &raised, &left, &f.Lifting); err != nil {
			return nil, fmt.Errorf("read the fences: %w", err)
		}
		if err := json.Unmarshal(groups, &f.Groups); err != nil {
			return nil, fmt.Errorf("read fence %d: its groups: %w", f.ID, err)
		}
		if err := json.Unmarshal(undo, &f.Undo); err != nil {
			return nil, fmt.Errorf("read fence %d: what undoes it: %w", f.ID, err)
		}
		f.Recorded = moment(recorded)
		if raised.Valid {
			f.Raised = moment(raised.Float64)
		}
		f.Deadline, f.Left = left.Valid, time.Duration(left.Int64)*time.Microsecond
		if w.has(&f) {
			list = append(list, f)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the fences: %w", err)
	}
	return list, nil
}

func moment(unix float64) time.Time { return time.UnixMicro(int64(unix * 1e6)).UTC() }

// record writes a fence down, before anything is changed. One of the same run,
// stage and kind that stands is brought up to date: its undo has what was found
// then, too.
func record(ctx context.Context, db querier, r *Request, kind Kind, found Undo, standing *Fence) (Fence, error) {
	f := Fence{Migration: r.Migration, Run: r.Run, Stage: r.Stage, Kind: kind, Side: r.Side, Groups: r.Groups, Undo: found}
	if standing != nil {
		f.ID, f.Undo, f.Groups = standing.ID, standing.Undo.merge(found), union(standing.Groups, r.Groups)
	}
	groups, err := json.Marshal(f.Groups)
	if err != nil {
		return f, fmt.Errorf("record the fence: %w", err)
	}
	undo, err := json.Marshal(f.Undo)
	if err != nil {
		return f, fmt.Errorf("record the fence: %w", err)
	}
	var deadline any
	if r.Deadline > 0 {
		deadline = r.Deadline.Microseconds()
	}
	const until = "UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND"
	if standing != nil {
		_, err = db.ExecContext(ctx, `UPDATE _tandem.fence SET groups_json = ?, undo_json = ?, deadline_at = `+until+` WHERE id = ?`, groups, undo, deadline, f.ID)
	} else {
		var done sql.Result
		done, err = db.ExecContext(ctx, `INSERT INTO _tandem.fence
  (migration, run, stage, kind, side, groups_json, undo_json, recorded_at, deadline_at)
VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), `+until+`)`, f.Migration, f.Run, f.Stage, kind, f.Side, groups, undo, deadline)
		if err == nil {
			var id int64
			id, err = done.LastInsertId()
			f.ID = uint64(id)
		}
	}
	if err != nil {
		return f, fmt.Errorf("record the fence: %w", err)
	}
	return f, nil
}

// Keep takes the deadline off: the groups have been handed over, and the side
// that they were taken from stays closed.
func Keep(ctx context.Context, db querier, w Which) error {
	list, err := Read(ctx, db, w)
	if err != nil {
		return err
	}
	for _, f := range list {
		if err := set(ctx, db, f.ID, "deadline_at = NULL"); err != nil {
			return fmt.Errorf("keep fence %s: %w", f.Kind, err)
		}
	}
	return nil
}

func set(ctx context.Context, db querier, id uint64, what string) error {
	_, err := db.ExecContext(ctx, "UPDATE _tandem.fence SET "+what+" WHERE id = ?", id)
	return err
}

// asker is a transaction, such as that of a handover.
type asker interface {
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
}

// StillUp makes sure that fences of these kinds, raised by this run for this
// stage, stand, have not begun to be lifted, and are within their deadlines. A
// handover asks within its own transaction, once it holds the ownership rows: from
// then on nobody lifts them.
func StillUp(ctx context.Context, tx asker, w Which, kinds ...Kind) error {
	for _, kind := range kinds {
		var lifting, raised, over bool
		// A locking read sees what holds now, whatever the transaction has read.
		err := tx.QueryRow(ctx, `SELECT lifting, raised_at IS NOT NULL, COALESCE(deadline_at <= UTC_TIMESTAMP(6), FALSE)
FROM _tandem.fence WHERE migration = ? AND run = ? AND stage = ? AND kind = ? AND lifted_at IS NULL LOCK IN SHARE MODE`,
			w.Migration, w.Run, w.Stage, kind).Scan(&lifting, &raised, &over)
		switch {
		case errors.Is(err, sql.ErrNoRows) || mysqldb.IsNoSuchTable(err):
			return &DownError{Kind: kind, Why: "it was lifted"}
		case err != nil:
			return fmt.Errorf("look whether fence %s is up: %w", kind, err)
		case lifting:
			return &DownError{Kind: kind, Why: "it is being lifted"}
		case !raised:
			return &DownError{Kind: kind, Why: "it was not raised to the end"}
		case over:
			return &DownError{Kind: kind, Why: "its deadline is over"}
		}
	}
	return nil
}

// ownedBy returns the owner of groups as a side has it, with their rows locked.
// It is empty where nobody has recorded one.
func ownedBy(ctx context.Context, tx querier, migration string, groups []string) (ownership.Side, error) {
	var owner ownership.Side
	for _, g := range groups {
		rows, err := tx.QueryContext(ctx, "SELECT owner FROM _tandem.ownership WHERE migration = ? AND group_name = ? FOR UPDATE", migration, g)
		if mysqldb.IsNoSuchTable(err) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		for rows.Next() {
			if err := rows.Scan(&owner); err != nil {
				rows.Close()
				return "", err
			}
		}
		if err := rows.Close(); err != nil {
			return "", err
		}
		if err := rows.Err(); err != nil {
			return "", err
		}
	}
	return owner, nil
}
