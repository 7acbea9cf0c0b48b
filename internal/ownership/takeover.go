package ownership

import (
	"context"
	"database/sql"
	"fmt"
)

// TakeOver makes a side the owner of groups without asking the one that owns them,
// because that one is dead. db is the side that takes over.
//
// The epoch grows by two, so that it is above whatever the dead side may have
// written by itself. The link that writes this side is fenced: what it has read and
// not applied by now belongs to the old owner, and is a breach when it is read
// again.
func TakeOver(ctx context.Context, db *sql.DB, migration string, side Side, groups []string) ([]Record, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("take over: %w", err)
	}
	defer tx.Rollback()
	link := migration + "/forward"
	if side == Source {
		link = migration + "/reverse"
	}
	if _, err := tx.ExecContext(ctx, `UPDATE _tandem.checkpoint SET epoch = epoch + 1 WHERE link = ?`, link); err != nil {
		return nil, fmt.Errorf("take over: fence link %s: %w", link, err)
	}
	list, args := in(migration, groups)
	_, err = tx.ExecContext(ctx, "UPDATE _tandem.ownership SET owner = '"+string(side)+"', epoch = epoch + 2 WHERE migration = ? AND group_name IN "+list+
		" AND owner <> '"+string(side)+"'", args...)
	if err != nil {
		return nil, fmt.Errorf("take over: %w", err)
	}
	found, err := load(ctx, tx, "SELECT group_name, owner, epoch FROM _tandem.ownership WHERE migration = ? AND group_name IN "+list, args...)
	if err != nil {
		return nil, fmt.Errorf("take over: %w", err)
	}
	var out []Record
	for _, g := range groups {
		r := found[g]
		if r.Owner != side {
			return nil, fmt.Errorf("take over: %w", &NotOwnerError{Group: g, Side: side, Record: r})
		}
		out = append(out, r)
	}
	if err := tx.Commit(); err != nil {
		return nil, &UnknownError{Err: err}
	}
	return out, nil
}
