package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/schema"
)

// ownPrefix begins the names of what tandem itself puts into databases.
const ownPrefix = "_tandem"

// applied is one of the two sides, and what of it changes are applied to.
type applied struct {
	side   Side
	db     *sql.DB
	events bool // the event scheduler is on
	// tables tells whether changes are applied to a table on this side.
	tables func(schema.Name) bool
}

// appliedTo returns both sides: changes are applied where a table is not owned.
func (s *state) appliedTo() []applied {
	handedOver := s.HandedOver
	if handedOver == nil {
		handedOver = func(schema.Name) bool { return false }
	}
	return []applied{
		{Target, s.Target, s.TargetFacts.EventScheduler, func(n schema.Name) bool { return s.Tables(n) && !handedOver(n) }},
		{Source, s.Source, s.SourceFacts.EventScheduler, func(n schema.Name) bool { return s.Tables(n) && handedOver(n) }},
	}
}

// checkTargetTriggers refuses triggers on tables that changes are applied to: what
// they did on the owner's side arrives as rows, and they would do it again.
func checkTargetTriggers(ctx context.Context, s *state) ([]Finding, error) {
	var findings []Finding
	for _, a := range s.appliedTo() {
		left, err := leftovers(ctx, a, "trigger")
		if err != nil {
			return nil, err
		}
		var names, fixes []string
		for _, l := range left {
			names = append(names, l.Schema+"."+l.Name+" on "+l.Table)
			fixes = append(fixes, "DROP TRIGGER "+schema.Name{Schema: l.Schema, Table: l.Name}.Quoted())
		}
		if len(names) > 0 {
			findings = append(findings, Finding{
				Severity: Block, Side: a.side, What: "triggers of the " + string(a.side) + " would do again what the " + string(a.side.opposite()) + "'s have done",
				Evidence: list(names), Fix: list(fixes) + "; keep their definitions for the handover",
			})
		}
	}
	return findings, nil
}

func (s Side) opposite() Side {
	if s == Target {
		return Source
	}
	return Target
}

// checkTargetEvents refuses events that would write beside the owner's. An event
// belongs to a database: it may run on both sides only while each of them owns
// tables there.
func checkTargetEvents(ctx context.Context, s *state) ([]Finding, error) {
	var findings []Finding
	for _, a := range s.appliedTo() {
		if !a.events {
			continue
		}
		left, err := leftovers(ctx, a, "event")
		if err != nil {
			return nil, err
		}
		var names, fixes []string
		for _, l := range left {
			name := schema.Name{Schema: l.Schema, Table: l.Name}
			enabled, err := eventEnabled(ctx, a.db, name)
			if err != nil {
				return nil, err
			}
			if enabled && !s.ownsSome(a, l.Schema) {
				names = append(names, name.String())
				fixes = append(fixes, "ALTER EVENT "+name.Quoted()+" DISABLE")
			}
		}
		if len(names) > 0 {
			findings = append(findings, Finding{
				Severity: Block, Side: a.side, What: "events of the " + string(a.side) + " would write to replicated databases",
				Evidence: list(names), Fix: list(fixes),
			})
		}
	}
	return findings, nil
}

// ownsSome tells whether a side owns a replicated table of a database, so that its
// events may be at work there.
func (s *state) ownsSome(a applied, database string) bool {
	return slices.ContainsFunc(s.tables, func(t *schema.Table) bool {
		return t.Name.Schema == database && !a.tables(t.Name)
	})
}

func eventEnabled(ctx context.Context, db *sql.DB, name schema.Name) (bool, error) {
	var status string
	err := db.QueryRowContext(ctx, "SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA=? AND EVENT_NAME=?",
		name.Schema, name.Table).Scan(&status)
	if err != nil {
		return false, fmt.Errorf("look at event %s: %w", name, err)
	}
	return status == "ENABLED", nil
}

// leftovers returns what of one kind the replicated databases of a side hold, but
// for what tandem has put there.
func leftovers(ctx context.Context, a applied, kind string) ([]catalog.Leftover, error) {
	all, err := catalog.Leftovers(ctx, a.db, a.tables)
	if err != nil {
		return nil, err
	}
	var left []catalog.Leftover
	for _, l := range all {
		if l.Kind == kind && !strings.HasPrefix(l.Name, ownPrefix) {
			left = append(left, l)
		}
	}
	return left, nil
}
