package schemadiff

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"tandem/internal/schema"
)

// compareCounters looks whether new rows of the target would take numbers that
// the source has given already. The source is asked first: while both are
// written to, the target may only have come further meanwhile.
func (p *pair) compareCounters(ctx context.Context) error {
	source, err := p.source.counters(ctx, p.schemas)
	if err != nil {
		return err
	}
	p.counters = source
	target, err := p.target.counters(ctx, p.schemas)
	if err != nil {
		return err
	}
	for _, name := range names(source) {
		b := p.target.tables[name]
		if !p.leads(name) || p.source.tables[name] == nil || b == nil || !b.numbers() {
			continue
		}
		next := max(target[name], 1) // some versions show none before the first row
		if next >= source[name] {
			continue
		}
		f := Finding{ID: "auto-increment-behind", Severity: Mismatch, Kind: AutoIncrement, Object: name.String(),
			What:   "the next row of the " + p.target.name + " would take a number that the " + p.source.name + " has given already",
			Source: strconv.FormatUint(source[name], 10), Target: strconv.FormatUint(next, 10),
			Fix: []string{alter(name, "AUTO_INCREMENT="+strconv.FormatUint(source[name], 10))}}
		if p.config.Linked {
			f.Severity = Warn
			f.What = "the " + p.target.name + "'s next number is behind the " + p.source.name + "'s; the handover sets it, and so does the statement"
		}
		p.add(f)
	}
	return nil
}

// numbers tells whether the table numbers its rows.
func (t *table) numbers() bool {
	return slices.ContainsFunc(t.Columns, func(c schema.Column) bool { return c.AutoIncrement })
}

// counters returns the next number of each table that has one.
func (s *side) counters(ctx context.Context, schemas []string) (map[schema.Name]uint64, error) {
	all := map[schema.Name]uint64{}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("compare counters: %s: %w", s.name, err)
	}
	defer conn.Close()
	if s.atLeast(8, 0, 0) {
		// Otherwise the figures may be a day old.
		if _, err := conn.ExecContext(ctx, "SET SESSION information_schema_stats_expiry=0"); err != nil {
			return nil, fmt.Errorf("compare counters: %s: %w", s.name, err)
		}
	}
	for _, database := range schemas {
		err := rows(ctx, conn, func(r *sql.Rows) error {
			var name schema.Name
			var next uint64
			if err := r.Scan(&name.Schema, &name.Table, &next); err != nil {
				return err
			}
			all[name] = next
			return nil
		}, "SELECT TABLE_SCHEMA, TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES "+
			"WHERE TABLE_SCHEMA=? AND AUTO_INCREMENT IS NOT NULL", database)
		if err != nil {
			return nil, fmt.Errorf("compare counters: %s of the %s: %w", database, s.name, err)
		}
	}
	return all, nil
}
