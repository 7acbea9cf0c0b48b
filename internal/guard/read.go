package guard

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// State is what is there of one guard.
type State string

// The states.
const (
	// Present: as it should be.
	Present State = "present"
	// Missing: the event of that table is not guarded.
	Missing State = "missing"
	// Outdated: made by another version of tandem, or for another group or side;
	// Arm makes it anew.
	Outdated State = "outdated"
	// Foreign: another migration's, or nobody knows whose. Arm refuses.
	Foreign State = "foreign"
)

// Seen is a guard and what is there of it.
type Seen struct {
	Trigger
	State State `json:"state"`
	// Migration is whose guard a foreign one is, if it says so.
	Migration string `json:"migration,omitempty"`
}

// States are the guards of some tables, three of each.
type States []Seen

// Armed tells whether every guard is there.
func (s States) Armed() bool {
	return len(s) > 0 && !slices.ContainsFunc(s, func(g Seen) bool { return g.State != Present })
}

// In returns those in a state.
func (s States) In(state State) States {
	return slices.DeleteFunc(slices.Clone(s), func(g Seen) bool { return g.State != state })
}

// ReadOptions say which guards are read.
type ReadOptions struct {
	Migration string
	Side      ownership.Side
	Group     string
	Tables    []schema.Name
}

// Read looks which guards of some tables of a group are there.
func Read(ctx context.Context, db *sql.DB, o ReadOptions) (States, error) {
	there, err := load(ctx, db, schemas(o.Tables))
	if err != nil {
		return nil, err
	}
	var all States
	for _, t := range o.Tables {
		for _, e := range Events() {
			s, _ := there.judge(o.about(), t, e)
			all = append(all, s)
		}
	}
	return all, nil
}

func (o *ReadOptions) about() guarded {
	return guarded{migration: o.Migration, group: o.Group, side: o.Side}
}

// found is a trigger that a server has.
type found struct {
	Trigger
	timing string
	order  int
	body   string
}

type inventory []found

// load reads the triggers of databases. Asking for each database, not for all
// at once, lets old servers open its tables only.
func load(ctx context.Context, db queryer, databases []string) (inventory, error) {
	var all inventory
	for _, d := range databases {
		rows, err := db.QueryContext(ctx, "SELECT TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE,"+
			" ACTION_TIMING, ACTION_ORDER, ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=?", d)
		if err != nil {
			return nil, fmt.Errorf("read the triggers of database %s: %w", d, err)
		}
		for rows.Next() {
			var f found
			err = rows.Scan(&f.Name, &f.Event, &f.Table.Schema, &f.Table.Table, &f.timing, &f.order, &f.body)
			if err != nil {
				break
			}
			all = append(all, f)
		}
		if err == nil {
			err = rows.Err()
		}
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, fmt.Errorf("read the triggers of database %s: %w", d, err)
		}
	}
	return all, nil
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// own tells whether a trigger is a guard, anybody's.
func (f *found) own() bool { return strings.HasPrefix(f.Name, Prefix) }

// judge says what there is of a guard. The second answer lists triggers that
// have to go before it can be made: itself if it is outdated, or the one that
// has its name but stands on another table, since that one was renamed.
func (all inventory) judge(g guarded, t schema.Name, e Event) (Seen, []Trigger) {
	s := Seen{Trigger: Trigger{Table: t, Event: e, Name: name(t, e)}, State: Missing}
	var gone []Trigger
	for i := range all {
		f := &all[i]
		here := f.Table == t && f.Event == e && f.timing == "BEFORE"
		if !f.own() || f.Table.Schema != t.Schema || !here && f.Name != s.Name {
			continue
		}
		of, digest, known := labelled(f.body)
		switch {
		case !known || of.migration != g.migration:
			s.Name, s.State, s.Migration = f.Name, Foreign, of.migration
			return s, nil
		case here && f.Name == s.Name && of == g && digest == g.digest(t):
			s.State = Present
		default:
			if here {
				s.State = Outdated
			}
			gone = append(gone, f.Trigger)
		}
	}
	return s, gone
}

// first returns the name of the trigger that a new one has to go in front of:
// the one that fires first now, and how many there are.
func (all inventory) first(t schema.Name, e Event, besides []Trigger) string {
	name, order := "", 0
	for _, f := range all {
		if f.Table != t || f.Event != e || f.timing != "BEFORE" || slices.Contains(besides, f.Trigger) {
			continue
		}
		if name == "" || f.order < order {
			name, order = f.Name, f.order
		}
	}
	return name
}

func schemas(tables []schema.Name) []string {
	var all []string
	for _, t := range tables {
		if !slices.Contains(all, t.Schema) {
			all = append(all, t.Schema)
		}
	}
	return all
}
