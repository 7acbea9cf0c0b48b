package firing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"tandem/internal/mysqldb"
)

// Carried is what [Carry] has done.
type Carried struct {
	// Stored counts the triggers and events that the other side knows by now.
	Stored int
	// Created are the views and routines that were missing there.
	Created []string
	// Missing are those that could not be made, with the reason.
	Missing []Note
	Notes   []Note
}

// Carry tells the other side what fires on the owner's, so that it can open by
// itself, whoever is alive by then; and it creates the views and routines that
// the other side lacks, of all databases of the scope's tables. What is there
// already is never replaced.
//
// The scope's Events are those that move with all the groups of the handover
// ([EventDatabases]); Open knows them from here.
//
// The other side must be closed. A definition of its own that does the same as
// the owner's stays, so what was taken away comes back as it was, to the byte.
func Carry(ctx context.Context, owner, other *sql.DB, s Scope) (c Carried, err error) {
	fail := func(err error) error { return fmt.Errorf("carry over what fires: %w", err) }
	triggers, events, err := live(ctx, owner, &s)
	if err != nil {
		return c, fail(err)
	}
	wanted := append(events[:len(events):len(events)], triggers...)
	c.Stored = len(wanted)
	if err := Prepare(ctx, other); err != nil {
		return c, fail(err)
	}
	if err := exchange(ctx, other, &s, wanted); err != nil {
		return c, fail(err)
	}
	if err := carryCode(ctx, owner, other, &s, &c); err != nil {
		return c, fail(err)
	}
	return c, nil
}

// exchange puts what is wanted in place of all that is stored of a scope, in one
// transaction.
func exchange(ctx context.Context, db *sql.DB, s *Scope, wanted []*Object) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	have, err := stored(ctx, tx, s)
	if err != nil {
		return err
	}
	var changed, surplus []*Object
	for _, o := range wanted {
		old := find(have, o)
		switch {
		case old == nil || !old.same(o):
			changed = append(changed, o)
		case old.Status != o.Status || old.Order != o.Order:
			kept := *old
			kept.Status, kept.Order = o.Status, o.Order
			changed = append(changed, &kept)
		}
	}
	for _, o := range have {
		if find(wanted, o) == nil {
			surplus = append(surplus, o)
		}
	}
	for _, err := range []error{
		store(ctx, tx, s.Migration, changed), forget(ctx, tx, s.Migration, surplus), announceEvents(ctx, tx, s),
	} {
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// carryCode creates missing views and routines. A view may need another one, or
// a function, that comes later in the list: as long as one more can be made, the
// rest is tried again.
func carryCode(ctx context.Context, owner, other *sql.DB, s *Scope, c *Carried) (err error) {
	var missing []*Object
	for _, kind := range []Kind{Function, Procedure, View} {
		there, err := list(ctx, other, kind, schemas(s.Tables))
		if err != nil {
			return err
		}
		wanted, err := list(ctx, owner, kind, schemas(s.Tables))
		if err != nil {
			return err
		}
		wanted = slices.DeleteFunc(wanted, func(o *Object) bool { return find(there, o) != nil })
		if wanted, err = read(ctx, owner, wanted); err != nil {
			return err
		}
		missing = append(missing, wanted...)
	}
	if len(missing) == 0 {
		return nil
	}
	m, err := newMaker(ctx, other, s)
	if err != nil {
		return err
	}
	defer func() {
		c.Notes = append(c.Notes, m.notes...)
		err = errors.Join(err, m.close())
	}()
	for len(missing) > 0 {
		var left []*Object
		c.Missing = nil
		for _, o := range missing {
			err := m.make(ctx, o, form{})
			code, answered := mysqldb.Code(err)
			switch {
			case err == nil:
				c.Created = append(c.Created, o.String())
			case code == codeTableExists, code == codeRoutineExists:
			case !answered || mysqldb.IsLostConnection(err):
				return fmt.Errorf("create %s: %w", o, err)
			default:
				left = append(left, o)
				c.Missing = append(c.Missing, Note{Object: o.String(), What: err.Error()})
			}
		}
		if len(left) == len(missing) {
			return nil
		}
		missing = left
	}
	return nil
}
