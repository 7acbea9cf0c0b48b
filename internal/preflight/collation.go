package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkCollations wants every collation of the source's columns on the target.
func checkCollations(ctx context.Context, s *state) ([]Finding, error) {
	known, err := collations(ctx, s.Target)
	if err != nil {
		return nil, err
	}
	unknown := map[string]string{} // by collation: a column that has it
	for _, t := range s.tables {
		for i := range t.Columns {
			if c := &t.Columns[i]; c.Collation != "" && !known[c.Collation] {
				unknown[c.Collation] = t.String() + "." + c.Name
			}
		}
	}
	if len(unknown) == 0 {
		return nil, nil
	}
	var names []string
	for _, collation := range slices.Sorted(maps.Keys(unknown)) {
		names = append(names, collation+" (in "+unknown[collation]+")")
	}
	return one(Block, "the target does not know collations of the source", list(names),
		"convert these columns on the source to a collation that both servers have")
}

// collations are those that a server knows, as current servers name them.
func collations(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT COLLATION_NAME FROM information_schema.COLLATIONS")
	if err != nil {
		return nil, fmt.Errorf("list collations: %w", err)
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list collations: %w", err)
		}
		known[current(name)] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list collations: %w", err)
	}
	return known, nil
}

// current is the name that current servers have for a collation.
func current(name string) string {
	if rest, ok := strings.CutPrefix(name, "utf8_"); ok {
		return "utf8mb3_" + rest
	}
	return name
}
