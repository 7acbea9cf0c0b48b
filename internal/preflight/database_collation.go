package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// checkDatabaseCollations likes databases that are there already to have the
// source's default: a CREATE TABLE that comes later and names no character set
// takes the database's.
func checkDatabaseCollations(ctx context.Context, s *state) ([]Finding, error) {
	from, err := databaseCollations(ctx, s.Source)
	if err != nil {
		return nil, err
	}
	to, err := databaseCollations(ctx, s.Target)
	if err != nil {
		return nil, err
	}
	var seen, differ []string
	fix := ""
	for _, t := range s.tables {
		if slices.Contains(seen, t.Schema) {
			continue
		}
		seen = append(seen, t.Schema)
		a, b := from[t.Schema], to[t.Schema]
		if b == "" || a == b {
			continue
		}
		differ = append(differ, fmt.Sprintf("%s is %s on the source, %s on the target", t.Schema, a, b))
		if fix == "" {
			fix = "ALTER DATABASE " + schema.Quote(t.Schema) + " COLLATE " + a
		}
	}
	if len(differ) == 0 {
		return nil, nil
	}
	return one(Warn, "databases have other default collations on the target, which new tables would take on", list(differ), fix)
}

// databaseCollations returns the default collation of each database, as
// current servers name it.
func databaseCollations(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA")
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	defer rows.Close()
	collations := map[string]string{}
	for rows.Next() {
		var name, collation string
		if err := rows.Scan(&name, &collation); err != nil {
			return nil, fmt.Errorf("list databases: %w", err)
		}
		if rest, ok := strings.CutPrefix(collation, "utf8_"); ok {
			collation = "utf8mb3_" + rest
		}
		collations[name] = collation
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	return collations, nil
}
