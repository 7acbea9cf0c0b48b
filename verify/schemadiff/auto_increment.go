package schemadiff

import (
	"context"
	"database/sql"
	"fmt"
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
		next, there := target[name]
		if p.target.tables[name] == nil || p.source.tables[name] == nil || !there || next >= source[name] {
			continue
		}
		f := Finding{ID: "auto-increment-behind", Severity: Mismatch, Kind: AutoIncrement, Object: name.String(),
			What:   "the next row of the target would take a number that the source has given already",
			Source: strconv.FormatUint(source[name], 10), Target: strconv.FormatUint(next, 10),
			Fix: []string{alter(name, "AUTO_INCREMENT="+strconv.FormatUint(source[name], 10))}}
		if p.config.Linked {
			f.Severity = Warn
			f.What = "the target's next number is behind the source's; the handover sets it, and so does the statement"
		}
		p.add(f)
	}
	return nil
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
