package catalog

import (
	"context"
	"database/sql"
	"fmt"

	"tandem/internal/schema"
)

// Leftover is an object that is not created on the target together with the
// tables: it would work on rows there a second time, or belongs to a moment
// when applications move.
type Leftover struct {
	// Kind is view, procedure, function, trigger or event.
	Kind   string
	Schema string
	Name   string
	// Table is the table that a trigger is on.
	Table string
	// Definer is who the object runs as, for it must exist on the target, too.
	Definer string
}

// String returns kind schema.name.
func (l Leftover) String() string { return l.Kind + " " + l.Schema + "." + l.Name }

// Leftovers lists what the databases of replicated tables hold besides tables:
// views, routines and events of every database that has a table which filter
// lets through, triggers of those tables.
func Leftovers(ctx context.Context, db *sql.DB, filter func(schema.Name) bool) ([]Leftover, error) {
	replicated, err := replicatedSchemas(ctx, db, filter)
	if err != nil {
		return nil, fmt.Errorf("list views, routines, triggers and events: %w", err)
	}
	var all []Leftover
	for _, q := range leftoverQueries {
		rows, err := db.QueryContext(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list views, routines, triggers and events: %w", err)
		}
		for rows.Next() {
			var l Leftover
			if err := rows.Scan(&l.Kind, &l.Schema, &l.Name, &l.Table, &l.Definer); err != nil {
				return nil, fmt.Errorf("list views, routines, triggers and events: %w", closeAfter(rows, err))
			}
			if System(l.Schema) || !replicated[l.Schema] {
				continue
			}
			if l.Table == "" || filter(schema.Name{Schema: l.Schema, Table: l.Table}) {
				all = append(all, l)
			}
		}
		if err := closeAfter(rows, rows.Err()); err != nil {
			return nil, fmt.Errorf("list views, routines, triggers and events: %w", err)
		}
	}
	return all, nil
}

var leftoverQueries = []string{
	"SELECT 'view', TABLE_SCHEMA, TABLE_NAME, '', DEFINER FROM information_schema.VIEWS " +
		"ORDER BY TABLE_SCHEMA, TABLE_NAME",
	"SELECT LOWER(ROUTINE_TYPE), ROUTINE_SCHEMA, ROUTINE_NAME, '', DEFINER FROM information_schema.ROUTINES " +
		"ORDER BY ROUTINE_SCHEMA, ROUTINE_TYPE, ROUTINE_NAME",
	"SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, DEFINER FROM information_schema.TRIGGERS " +
		"ORDER BY TRIGGER_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME",
	"SELECT 'event', EVENT_SCHEMA, EVENT_NAME, '', DEFINER FROM information_schema.EVENTS " +
		"ORDER BY EVENT_SCHEMA, EVENT_NAME",
}

// replicatedSchemas returns the databases that have a replicated table.
func replicatedSchemas(ctx context.Context, db *sql.DB, filter func(schema.Name) bool) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx,
		"SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var n schema.Name
		if err := rows.Scan(&n.Schema, &n.Table); err != nil {
			return nil, err
		}
		if !System(n.Schema) && filter(n) {
			found[n.Schema] = true
		}
	}
	return found, rows.Err()
}

// closeAfter closes rows and keeps the error that came first.
func closeAfter(rows *sql.Rows, err error) error {
	if cerr := rows.Close(); err == nil {
		return cerr
	}
	return err
}
