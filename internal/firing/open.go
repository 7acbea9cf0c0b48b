package firing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Result is what opening or closing has changed.
type Result struct {
	// Triggers and Events are those that were made, dropped, enabled or disabled.
	Triggers, Events []string
	Notes            []Note
}

// Open makes a side fire: it creates the triggers and creates or enables the
// events of its store. What is there already stays. It may be called again.
//
// The scope's Events are those that move by what the side knows of its groups;
// those that [Carry] has announced move as well.
//
// It is called before the side's guards let writers in, so nothing fires yet; an
// event whose time comes in between is refused by the guards.
func Open(ctx context.Context, db *sql.DB, s Scope) (r Result, err error) {
	fail := func(err error) error { return fmt.Errorf("open what fires: %w", err) }
	announced, err := announcedEvents(ctx, db, &s)
	if err != nil {
		return r, fail(err)
	}
	s.Events = append(announced, s.Events...)
	slices.Sort(s.Events)
	s.Events = slices.Compact(s.Events)
	wanted, err := stored(ctx, db, &s)
	if err != nil || len(wanted) == 0 {
		return r, err
	}
	triggers, events, err := live(ctx, db, &s)
	if err != nil {
		return r, fail(err)
	}
	m, err := newMaker(ctx, db, &s)
	if err != nil {
		return r, fail(err)
	}
	defer func() {
		r.Notes = m.notes
		err = errors.Join(err, m.close())
	}()
	for _, o := range wanted {
		if o.Kind == Event {
			changed, err := m.openEvent(ctx, o, find(events, o))
			if err != nil {
				return r, fail(err)
			}
			if changed {
				r.Events = append(r.Events, o.Name.String())
			}
			continue
		}
		if there := find(triggers, o); there != nil {
			if !there.same(o) {
				m.note(o, "another trigger of that name is there already; it stays")
			}
			continue
		}
		err := patiently(ctx, func() error { return m.make(ctx, o, form{before: successor(wanted, triggers, o)}) })
		if code, _ := mysqldb.Code(err); err != nil && code != codeTriggerExists {
			return r, fail(fmt.Errorf("create %s: %w", o, err))
		}
		r.Triggers = append(r.Triggers, o.Name.String())
	}
	// From here on the side itself is the truth about what fires there.
	return r, forget(ctx, db, s.Migration, wanted)
}

// openEvent makes an event what it has to be.
func (m *maker) openEvent(ctx context.Context, o, there *Object) (changed bool, err error) {
	if there != nil && !there.same(o) {
		// It was altered on the other side.
		if _, err := m.conn.ExecContext(ctx, "DROP EVENT IF EXISTS "+o.Name.Quoted()); err != nil {
			return false, fmt.Errorf("drop %s, to make it anew: %w", o, err)
		}
		there = nil
	}
	if there == nil {
		err := m.make(ctx, o, form{status: o.Status})
		if code, _ := mysqldb.Code(err); err != nil && code != codeEventExists {
			return false, fmt.Errorf("create %s: %w", o, err)
		}
		return true, nil
	}
	if there.Status == o.Status {
		return false, nil
	}
	return true, m.alterEvent(ctx, there, o.Status)
}

// alterEvent enables or disables an event. Whoever alters one becomes its
// definer, in his session's ways, unless told otherwise.
func (m *maker) alterEvent(ctx context.Context, o *Object, status string) error {
	word := "DISABLE"
	if status == enabled {
		word = "ENABLE"
	}
	definer := o.Definer
	err := m.withDefiner(ctx, o, &definer, func() (string, error) {
		as := ""
		if definer != "" {
			as = "DEFINER=" + quoteAccount(definer) + " "
		}
		return "ALTER " + as + "EVENT " + o.Name.Quoted() + " " + word, nil
	})
	if code, _ := mysqldb.Code(err); code == codeNoEvent {
		return nil
	}
	if err != nil {
		return fmt.Errorf("alter %s: %w", o, err)
	}
	return nil
}

func find(all []*Object, o *Object) *Object {
	for _, x := range all {
		if x.Kind == o.Kind && x.Name == o.Name {
			return x
		}
	}
	return nil
}

// successor is the first trigger that has to fire behind o and is there already.
func successor(wanted, there []*Object, o *Object) string {
	for _, x := range wanted {
		if x.Name.Schema == o.Name.Schema && x.Table == o.Table && x.Timing == o.Timing && x.Event == o.Event && x.Order > o.Order &&
			find(there, x) != nil {
			return x.Name.Table
		}
	}
	return ""
}

// Close makes a side stop to fire, before the other side's changes are applied to
// it: it stores the triggers of the tables and the enabled events, drops the ones
// and disables the others. Guards stay. It may be called again.
func Close(ctx context.Context, db *sql.DB, s Scope) (r Result, err error) {
	fail := func(err error) error { return fmt.Errorf("close what fires: %w", err) }
	triggers, events, err := live(ctx, db, &s)
	if err != nil {
		return r, fail(err)
	}
	var firing []*Object
	for _, o := range events {
		if o.Enabled() {
			firing = append(firing, o)
		}
	}
	if len(triggers)+len(firing) == 0 {
		return r, nil
	}
	have, err := stored(ctx, db, &s)
	if err != nil {
		return r, fail(err)
	}
	var unknown []*Object
	for _, o := range append(firing[:len(firing):len(firing)], triggers...) {
		// What is stored already was by a close that did not get to its end. The
		// places that it saw were those of all triggers.
		if old := find(have, o); old == nil || !old.same(o) || old.Status != o.Status {
			unknown = append(unknown, o)
		}
	}
	if err := store(ctx, db, s.Migration, unknown); err != nil {
		return r, fail(err)
	}
	m, err := newMaker(ctx, db, &s)
	if err != nil {
		return r, fail(err)
	}
	defer func() {
		r.Notes = m.notes
		err = errors.Join(err, m.close())
	}()
	for _, o := range firing {
		err := m.alterEvent(ctx, o, disabled)
		if mysqldb.IsAccessDenied(err) {
			// It must not keep the other side's changes from coming.
			m.note(o, "it could not be disabled, and only the guards refuse what it writes: %v", err)
			continue
		}
		if err != nil {
			return r, fail(err)
		}
		r.Events = append(r.Events, o.Name.String())
	}
	for _, o := range triggers {
		err := patiently(ctx, func() error {
			_, err := m.conn.ExecContext(ctx, "DROP TRIGGER IF EXISTS "+schema.Name{Schema: o.Name.Schema, Table: o.Name.Table}.Quoted())
			return err
		})
		if err != nil {
			return r, fail(fmt.Errorf("drop %s: %w", o, err))
		}
		r.Triggers = append(r.Triggers, o.Name.String())
	}
	return r, nil
}
