package ownership

import (
	"context"
	"database/sql"
	"fmt"
)

// Side is one of the two databases of a migration.
type Side string

// The sides.
const (
	Source Side = "source"
	Target Side = "target"
)

// Default is the group of the tables that are in no other.
const Default = "default"

// Record is what is known about a group.
type Record struct {
	Group string `json:"group"`
	Owner Side   `json:"owner"`
	Epoch uint64 `json:"epoch"`
}

// Tables are the statements that create the records' table.
var Tables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.ownership (
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  group_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  owner enum('source','target') CHARACTER SET ascii NOT NULL,
  epoch bigint unsigned NOT NULL,
  PRIMARY KEY (migration, group_name)
) ENGINE=InnoDB`,
}

// Begin records that the source owns every group that has no record yet.
func Begin(ctx context.Context, db *sql.DB, migration string, groups []string) error {
	for _, g := range groups {
		_, err := db.ExecContext(ctx,
			`INSERT IGNORE INTO _tandem.ownership (migration, group_name, owner, epoch) VALUES (?, ?, 'source', 1)`, migration, g)
		if err != nil {
			return fmt.Errorf("record the owner of group %s: %w", g, err)
		}
	}
	return nil
}

// Load reads the records of a migration, as one side has them.
func Load(ctx context.Context, db *sql.DB, migration string) (map[string]Record, error) {
	rows, err := db.QueryContext(ctx,
		`SELECT group_name, owner, epoch FROM _tandem.ownership WHERE migration = ?`, migration)
	if err != nil {
		return nil, fmt.Errorf("read who owns what: %w", err)
	}
	defer rows.Close()
	out := map[string]Record{}
	for rows.Next() {
		var r Record
		if err := rows.Scan(&r.Group, &r.Owner, &r.Epoch); err != nil {
			return nil, fmt.Errorf("read who owns what: %w", err)
		}
		out[r.Group] = r
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read who owns what: %w", err)
	}
	return out, nil
}
