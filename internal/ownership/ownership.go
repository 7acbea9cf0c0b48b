package ownership

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Side is one of the two databases of a migration.
type Side string

// The sides.
const (
	Source Side = "source"
	Target Side = "target"
)

// Opposite returns the other side.
func (s Side) Opposite() Side {
	if s == Target {
		return Source
	}
	return Target
}

// Default is the group of the tables that are in no other.
const Default = "default"

// Record is what is known about a group.
type Record struct {
	Group string `json:"group"`
	Owner Side   `json:"owner"`
	Epoch uint64 `json:"epoch"`
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
	return load(ctx, db, `SELECT group_name, owner, epoch FROM _tandem.ownership WHERE migration = ?`, migration)
}

// Crossed reads what a link has learnt from the log that it reads, as of its
// checkpoint. db is the side that the link writes.
func Crossed(ctx context.Context, db *sql.DB, link string) (map[string]Record, error) {
	return load(ctx, db, `SELECT group_name, owner, epoch FROM _tandem.crossed WHERE link = ?`, link)
}

// Latest merges what sides, or links, say of the groups: of two records the one of
// the higher epoch is the later one, and holds. A group is among the disputed when
// two of them differ: then a record is on its way.
func Latest(said ...map[string]Record) (latest map[string]Record, disputed map[string]bool) {
	latest, disputed = map[string]Record{}, map[string]bool{}
	for _, records := range said {
		for g, r := range records {
			was, there := latest[g]
			if there && was != r {
				disputed[g] = true
			}
			if !there || r.Epoch > was.Epoch {
				latest[g] = r
			}
		}
	}
	return latest, disputed
}

// querier is what pools and connections have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func load(ctx context.Context, db querier, query string, args ...any) (map[string]Record, error) {
	rows, err := db.QueryContext(ctx, query, args...)
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

// in returns a list of placeholders, and the arguments of a statement about
// groups of a migration.
func in(migration string, groups []string) (list string, args []any) {
	args = append(args, migration)
	for _, g := range groups {
		args = append(args, g)
	}
	return "(?" + strings.Repeat(",?", len(groups)-1) + ")", args
}
