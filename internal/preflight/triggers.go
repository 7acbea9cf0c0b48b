package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/schema"
)

// ownPrefix begins the names of what tandem itself puts into databases.
const ownPrefix = "_tandem"

// checkTargetTriggers refuses triggers on replicated tables of the target: what
// they did on the source arrives as rows, and they would do it again.
func checkTargetTriggers(ctx context.Context, s *state) ([]Finding, error) {
	left, err := leftovers(ctx, s, "trigger")
	if err != nil || len(left) == 0 {
		return nil, err
	}
	var names, fixes []string
	for _, l := range left {
		names = append(names, l.Schema+"."+l.Name+" on "+l.Table)
		fixes = append(fixes, "DROP TRIGGER "+schema.Name{Schema: l.Schema, Table: l.Name}.Quoted())
	}
	return one(Block, "triggers of the target would do again what the source's have done",
		list(names), list(fixes)+"; keep their definitions for the handover")
}

// checkTargetEvents refuses events that would write beside the source's.
func checkTargetEvents(ctx context.Context, s *state) ([]Finding, error) {
	if !s.TargetFacts.EventScheduler {
		return nil, nil
	}
	left, err := leftovers(ctx, s, "event")
	if err != nil || len(left) == 0 {
		return nil, err
	}
	var names, fixes []string
	for _, l := range left {
		name := schema.Name{Schema: l.Schema, Table: l.Name}
		enabled, err := eventEnabled(ctx, s.Target, name)
		if err != nil {
			return nil, err
		}
		if enabled {
			names = append(names, name.String())
			fixes = append(fixes, "ALTER EVENT "+name.Quoted()+" DISABLE")
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "events of the target would write to replicated databases", list(names), list(fixes))
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

// leftovers returns what of one kind the target's replicated databases hold.
func leftovers(ctx context.Context, s *state, kind string) ([]catalog.Leftover, error) {
	all, err := catalog.Leftovers(ctx, s.Target, s.Tables)
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
