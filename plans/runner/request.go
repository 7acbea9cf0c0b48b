package runner

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
)

// RequestKind is what somebody asks of the runner.
type RequestKind string

// The kinds of requests.
const (
	AskApprove RequestKind = "approve"
	AskStop    RequestKind = "stop"
)

// Request is what somebody asks of the runner from another terminal or machine:
// a row of _tandem.request. The journal has one writer only, which is why it is
// not written there: the runner records what it has taken.
type Request struct {
	ID     uint64
	Run    string
	Kind   RequestKind
	Stage  string
	Digest string
	Who    string // user@host
	At     time.Time
}

// Ask writes a request on every side that can be reached. It is an error if none
// could.
func Ask(ctx context.Context, migration string, sides map[ownership.Side]Database, r Request) error {
	var failed []error
	for side, d := range sides {
		err := createState(ctx, d.DB)
		if err == nil {
			_, err = d.DB.ExecContext(ctx, `INSERT INTO _tandem.request (migration, run, kind, stage, digest, who, at) VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))`,
				migration, r.Run, string(r.Kind), r.Stage, r.Digest, r.Who)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("ask the runner, on the %s: %w", side, err))
		}
	}
	if len(failed) == len(sides) {
		return errors.Join(failed...)
	}
	return nil
}

// Asked reads the requests to a run that were not taken yet, from all sides that
// can be reached.
func Asked(ctx context.Context, migration, run string, sides map[ownership.Side]Database) ([]Request, error) {
	var list []Request
	var failed []error
	for _, side := range bothSides {
		d, there := sides[side]
		if !there {
			continue
		}
		part, err := asked(ctx, d.DB, migration, run)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		list = append(list, part...)
	}
	if len(failed) == len(sides) {
		return nil, errors.Join(failed...)
	}
	return list, nil
}

func asked(ctx context.Context, db *sql.DB, migration, run string) ([]Request, error) {
	rows, err := db.QueryContext(ctx, `SELECT id, run, kind, stage, digest, who FROM _tandem.request WHERE migration = ? AND run = ? AND taken = 0 ORDER BY id`, migration, run)
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for requests: %w", err)
	}
	defer rows.Close()
	var list []Request
	for rows.Next() {
		var r Request
		if err := rows.Scan(&r.ID, &r.Run, &r.Kind, &r.Stage, &r.Digest, &r.Who); err != nil {
			return nil, fmt.Errorf("look for requests: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// Take marks requests of a kind as taken, so that a run that goes on later is
// not stopped by what stopped it before.
func Take(ctx context.Context, migration, run string, kind RequestKind, stage string, sides map[ownership.Side]Database) error {
	var failed []error
	for side, d := range sides {
		_, err := d.DB.ExecContext(ctx, `UPDATE _tandem.request SET taken = 1 WHERE migration = ? AND run = ? AND kind = ? AND stage = ? AND taken = 0`,
			migration, run, string(kind), stage)
		if err != nil {
			failed = append(failed, fmt.Errorf("take requests on the %s: %w", side, err))
		}
	}
	if len(failed) == len(sides) {
		return errors.Join(failed...)
	}
	return nil
}
