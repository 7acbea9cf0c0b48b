package cli

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"tandem/internal/config"
	"tandem/internal/firing"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/replicate"
)

// turns change what fires on a side when its groups change owner. The links call
// them at the record in the log, so that nothing fires where changes are applied.
type turns struct {
	migration string
	groups    config.Groups
	wanted    func(schema.Name) bool
	log       *slog.Logger
}

func newTurns(c *config.Config, log *slog.Logger) turns {
	filter := c.Tables.Filter()
	return turns{
		migration: c.Migration, groups: c.Groups, log: log,
		wanted: func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) },
	}
}

// opening is called before a side takes a group over.
func (t turns) opening(ctx context.Context, db *sql.DB, side ownership.Side, group string) error {
	return t.turn(ctx, db, side, group, "opened", firing.Open, func(r ownership.Record) bool { return r.Owner != side })
}

// closing is called before changes of a group are applied to a side.
func (t turns) closing(ctx context.Context, db *sql.DB, side ownership.Side, group string) error {
	return t.turn(ctx, db, side, group, "closed", firing.Close, func(r ownership.Record) bool { return r.Owner == side })
}

func (t turns) turn(ctx context.Context, db *sql.DB, side ownership.Side, group, what string,
	do func(context.Context, *sql.DB, firing.Scope) (firing.Result, error), stays func(ownership.Record) bool) error {
	tables, err := t.tables(ctx, db)
	if err != nil {
		return err
	}
	records, err := ownership.Load(ctx, db, t.migration)
	if err != nil {
		return err
	}
	moving := []string{group}
	r, err := do(ctx, db, firing.Scope{
		Migration: t.migration, Tables: tables[group],
		Events: firing.EventDatabases(tables, moving, func(g string) bool {
			record, known := records[g]
			if !known {
				record.Owner = ownership.Source
			}
			return stays(record)
		}),
	})
	for _, n := range r.Notes {
		t.log.WarnContext(ctx, "a trigger or event is not as it was", "side", string(side), "note", fmt.Sprint(n))
	}
	if err == nil && len(r.Triggers)+len(r.Events) > 0 {
		t.log.InfoContext(ctx, what+" what fires", "side", string(side), "group", group, "triggers", r.Triggers, "events", r.Events)
	}
	return err
}

// tables returns the tables of each group.
func (t turns) tables(ctx context.Context, db *sql.DB) (map[string][]schema.Name, error) {
	rows, err := db.QueryContext(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	defer rows.Close()
	out := map[string][]schema.Name{}
	for rows.Next() {
		var n schema.Name
		if err := rows.Scan(&n.Schema, &n.Table); err != nil {
			return nil, fmt.Errorf("list the tables: %w", err)
		}
		if t.wanted(n) {
			g := t.groups.Of(n.Schema, n.Table)
			out[g] = append(out[g], n)
		}
	}
	return out, rows.Err()
}

// install makes the links call them.
func (t turns) install(cfg *replicate.Config) { cfg.Opening, cfg.Closing = t.opening, t.closing }
