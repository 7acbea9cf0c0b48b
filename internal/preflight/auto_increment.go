package preflight

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"tandem/internal/schema"
)

// nearlyOut is the share of its numbers after which a counter is worth a word.
const nearlyOut = 0.8

// checkAutoIncrement tells of counters that will run out soon: a handover leaves a
// gap, and a full table is nothing to find out on the day after one.
func checkAutoIncrement(ctx context.Context, s *state) ([]Finding, error) {
	rows, err := s.Source.QueryContext(ctx, "SELECT TABLE_SCHEMA, TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES WHERE AUTO_INCREMENT IS NOT NULL")
	if err != nil {
		return nil, fmt.Errorf("list counters: %w", err)
	}
	defer rows.Close()
	next := map[schema.Name]uint64{}
	for rows.Next() {
		var n schema.Name
		var at uint64
		if err := rows.Scan(&n.Schema, &n.Table, &at); err != nil {
			return nil, fmt.Errorf("list counters: %w", err)
		}
		next[n] = at
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list counters: %w", err)
	}
	var names []string
	fix := ""
	for _, t := range s.tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			most := largest(c)
			if !c.AutoIncrement || most == 0 {
				continue
			}
			used, _ := new(big.Float).Quo(new(big.Float).SetUint64(next[t.Name]), new(big.Float).SetUint64(most)).Float64()
			if used < nearlyOut {
				continue
			}
			names = append(names, fmt.Sprintf("%s.%s (%s) is at %d of %d", t.String(), c.Name, c.Type, next[t.Name], most))
			if fix == "" {
				fix = "ALTER TABLE " + t.Quoted() + " MODIFY " + schema.Quote(c.Name) + " BIGINT UNSIGNED NOT NULL AUTO_INCREMENT on the source, before the copy"
			}
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "counters will run out soon", list(names), fix)
}

// largest is the greatest value of an integer column, 0 for others.
func largest(c *schema.Column) uint64 {
	if c.Kind != schema.Int || c.Width < 1 || c.Width > 8 {
		return 0
	}
	if c.Width == 8 && c.Unsigned {
		return math.MaxUint64
	}
	bits := 8 * c.Width
	if !c.Unsigned {
		bits--
	}
	return 1<<bits - 1
}
