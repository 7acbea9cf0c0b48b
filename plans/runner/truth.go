package runner

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
)

// Standing is who owns a group, as far as both databases tell. The journal is
// not asked: it says what was tried.
type Standing struct {
	Group string                               `json:"group"`
	Rows  map[ownership.Side]*ownership.Record `json:"rows"` // nil: could not be read
	Owner ownership.Side                       `json:"owner"`
	Epoch uint64                               `json:"epoch"`
	// Known is set when the owner is certain.
	Known bool `json:"known"`
	// Arrived is set when the owner knows that it is.
	Arrived bool `json:"arrived"`
}

// stand works out who owns a group. The owner's own row decides; a handover
// raises the epoch on the side that hands over, and the other side's row follows
// through the log. So the higher epoch is the truth where both can be read. Where
// one can not, the other one decides if it says that it is the owner itself.
func stand(group string, rows map[ownership.Side]*ownership.Record) Standing {
	s := Standing{Group: group, Rows: rows}
	for _, side := range bothSides {
		if r := rows[side]; r != nil && r.Epoch > s.Epoch {
			s.Owner, s.Epoch = r.Owner, r.Epoch
		}
	}
	source, target := rows[ownership.Source], rows[ownership.Target]
	switch {
	case source != nil && target != nil:
		s.Known = s.Epoch > 0
	case source != nil:
		s.Known = source.Owner == ownership.Source
	case target != nil:
		s.Known = target.Owner == ownership.Target
	}
	if r := rows[s.Owner]; r != nil {
		s.Arrived = r.Owner == s.Owner && r.Epoch == s.Epoch
	}
	return s
}

// Stand reads who owns groups from the sides that can be reached. The error is
// that none could; the second value says what could not be read.
func Stand(ctx context.Context, migration string, groups []string, sides map[ownership.Side]Database) ([]Standing, map[ownership.Side]error, error) {
	read := map[ownership.Side]map[string]ownership.Record{}
	unread := map[ownership.Side]error{}
	for _, side := range bothSides {
		d, there := sides[side]
		if !there {
			unread[side] = errors.New("not reached")
			continue
		}
		records, err := ownership.Load(ctx, d.DB, migration)
		if mysqldb.IsNoSuchTable(err) {
			records, err = map[string]ownership.Record{}, nil
		}
		if err != nil {
			unread[side] = err
			continue
		}
		read[side] = records
	}
	if len(read) == 0 {
		return nil, unread, errors.Join(unread[ownership.Source], unread[ownership.Target])
	}
	var list []Standing
	for _, g := range groups {
		rows := map[ownership.Side]*ownership.Record{}
		for side, records := range read {
			r := records[g] // the zero record where there is none
			rows[side] = &r
		}
		list = append(list, stand(g, rows))
	}
	return list, unread, nil
}

// ownerOf returns the one side that owns all of the standings.
func ownerOf(list []Standing) (ownership.Side, error) {
	var texts []string
	var owner ownership.Side
	mixed, unknown := false, false
	for _, s := range list {
		texts = append(texts, fmt.Sprintf("%s: %s", s.Group, s.describe()))
		unknown = unknown || !s.Known
		mixed = mixed || owner != "" && owner != s.Owner
		owner = s.Owner
	}
	switch {
	case unknown:
		return "", &unknownOwnerError{strings.Join(texts, ", ")}
	case mixed:
		return "", fmt.Errorf("the groups are not owned by one side: %s", strings.Join(texts, ", "))
	}
	return owner, nil
}

// unknownOwnerError says that it is not certain who owns what.
type unknownOwnerError struct{ text string }

func (e *unknownOwnerError) Error() string { return "it is not certain who owns the groups: " + e.text }

func (s Standing) describe() string {
	switch {
	case s.Epoch == 0:
		return "no record: has tandem replicate run?"
	case !s.Known:
		return fmt.Sprintf("the %s, if nothing has happened since (epoch %d)", s.Owner, s.Epoch)
	}
	return fmt.Sprintf("the %s (epoch %d)", s.Owner, s.Epoch)
}

// settle reads the owner's rows once no transaction holds them any more: a
// commit whose answer was lost may still be on its way, so the rows are read
// under a lock. It tries until ctx ends.
func settle(ctx context.Context, db *sql.DB, migration string, groups []string) (map[string]ownership.Record, error) {
	var last error
	for {
		found, err := settled(ctx, db, migration, groups)
		if err == nil {
			return found, nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return nil, last
		case <-time.After(settleAgain):
		}
	}
}

// settleAgain is how often a side that can not be read is asked again.
const settleAgain = 250 * time.Millisecond

func settled(ctx context.Context, db *sql.DB, migration string, groups []string) (map[string]ownership.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // nothing was written
	out := map[string]ownership.Record{}
	for _, g := range groups {
		r := ownership.Record{Group: g}
		err := tx.QueryRowContext(ctx, `SELECT owner, epoch FROM _tandem.ownership WHERE migration = ? AND group_name = ? FOR UPDATE`, migration, g).Scan(&r.Owner, &r.Epoch)
		if err != nil {
			return nil, fmt.Errorf("read who owns group %s: %w", g, err)
		}
		out[g] = r
	}
	return out, nil
}
