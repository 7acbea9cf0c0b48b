package verify

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// Verified is what has been proven about a table: that all its rows were equal,
// but for the mismatches, as far as the source's transactions up to Position had
// changed them.
type Verified struct {
	Table      schema.Name
	Position   change.GTIDSet
	Pending    int64
	Mismatches int64
	// FullAt is when the last full comparison ended, At when the position moved.
	FullAt time.Time
	At     time.Time
}

// ReadVerified returns what has been proven about the tables of a migration, from
// its target.
func ReadVerified(ctx context.Context, db *sql.DB, migration string) ([]Verified, error) {
	rows, err := db.QueryContext(ctx, `SELECT table_schema, table_name, position, pending, mismatches,
 DATE_FORMAT(full_at,'%Y-%m-%dT%H:%i:%s.%fZ'), DATE_FORMAT(verified_at,'%Y-%m-%dT%H:%i:%s.%fZ')
 FROM _tandem.verified WHERE migration=? ORDER BY table_schema, table_name`, migration)
	if err != nil {
		return nil, fmt.Errorf("read what has been verified: %w", err)
	}
	defer rows.Close()
	var out []Verified
	for rows.Next() {
		var v Verified
		var position, full, at string
		if err := rows.Scan(&v.Table.Schema, &v.Table.Table, &position, &v.Pending, &v.Mismatches, &full, &at); err != nil {
			return nil, fmt.Errorf("read what has been verified: %w", err)
		}
		if v.Position, err = change.ParseGTIDSet(position); err == nil {
			if v.FullAt, err = time.Parse(time.RFC3339Nano, full); err == nil {
				v.At, err = time.Parse(time.RFC3339Nano, at)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("read what has been verified of %s: %w", v.Table, err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// proven notes what a full comparison has proven: for the transactions that the
// source had executed when it began.
func (s *state) proven(ctx context.Context, rep *Report) error {
	for i := range rep.Tables {
		t := &rep.Tables[i]
		var err error
		if t.Skipped != "" {
			_, err = s.db.ExecContext(ctx, "DELETE FROM _tandem.verified WHERE migration=? AND table_schema=? AND table_name=?", s.migration, t.Schema, t.Table)
		} else {
			c := t.Counts
			_, err = s.db.ExecContext(ctx, `REPLACE INTO _tandem.verified
 (migration, table_schema, table_name, position, pending, mismatches, full_at, verified_at) VALUES (?,?,?,?,?,?,UTC_TIMESTAMP(6),UTC_TIMESTAMP(6))`,
				s.migration, t.Schema, t.Table, s.position.String(), c.Unresolved, c.Missing+c.Extra+c.Different+c.CollationOnly)
		}
		if err != nil {
			return fmt.Errorf("note what has been verified of %s.%s: %w", t.Schema, t.Table, err)
		}
	}
	return nil
}
