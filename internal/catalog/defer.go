package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// Deferral is the indexes of a table that was created without them. Rows are
// written much faster that way; whoever writes them makes the indexes after.
type Deferral struct {
	Table   schema.Name
	Indexes []Index
}

// Deferring says which tables [Create] makes without their secondary indexes.
// The zero value makes all with them.
type Deferring struct {
	// MinRows is how many rows a table has, as the source guesses, to be worth it.
	MinRows int64
	// Keep keeps a deferral where it outlives the process. It is called before
	// the table is made; with an empty one when nothing is deferred after all.
	Keep func(context.Context, Deferral) error
	// Kept tells whether a deferral is kept of a table that is there already: it
	// was made by an earlier attempt, and its indexes may be others by now.
	Kept func(schema.Name) bool
}

// sizes returns about how many rows each table of those databases has.
func sizes(ctx context.Context, db *sql.DB, tables []*schema.Table) (map[schema.Name]int64, error) {
	rows := map[schema.Name]int64{}
	var asked []string
	for _, t := range tables {
		if slices.Contains(asked, t.Schema) {
			continue
		}
		asked = append(asked, t.Schema)
		if err := sizesOf(ctx, db, t.Schema, rows); err != nil {
			return nil, fmt.Errorf("look up the sizes of the tables of %s: %w", t.Schema, err)
		}
	}
	return rows, nil
}

func sizesOf(ctx context.Context, db *sql.DB, database string, into map[schema.Name]int64) error {
	rows, err := db.QueryContext(ctx, "SELECT TABLE_NAME, IFNULL(TABLE_ROWS, 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA=?", database)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		n := schema.Name{Schema: database}
		var count int64
		if err := rows.Scan(&n.Table, &count); err != nil {
			return err
		}
		into[n] = count
	}
	return rows.Err()
}

// bare takes the indexes that may wait out of a table's statement, and keeps
// them. It returns an empty statement when there are none.
func (c *creator) bare(ctx context.Context, adapted string) (string, error) {
	if c.deferring.Keep == nil || c.rows[c.table.Name] < c.deferring.MinRows {
		return "", nil
	}
	bare, indexes, err := withoutIndexes(adapted, deferrable(c.table, c.all))
	if err != nil || len(indexes) == 0 {
		return "", err
	}
	return bare, c.keep(ctx, indexes)
}

// undefer notes that the table is made with all its indexes after all.
func (c *creator) undefer(ctx context.Context) error { return c.keep(ctx, nil) }

func (c *creator) keep(ctx context.Context, indexes []Index) error {
	c.deferral = Deferral{Table: c.table.Name, Indexes: indexes}
	if err := c.deferring.Keep(ctx, c.deferral); err != nil {
		return fmt.Errorf("keep which indexes it is to get: %w", err)
	}
	return nil
}

// again works out which indexes a table lacks that an earlier attempt has made
// without them. They may be others by now.
func (c *creator) again(ctx context.Context, there *schema.Table) error {
	adapted, _, err := c.adapted(ctx)
	if err != nil {
		return err
	}
	_, indexes, err := withoutIndexes(adapted, func(index string) bool {
		return !slices.ContainsFunc(there.Keys, func(k schema.Key) bool { return strings.EqualFold(k.Name, index) })
	})
	if err != nil {
		return err
	}
	return c.keep(ctx, indexes)
}
