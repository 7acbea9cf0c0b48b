package touched

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// cascades knows which tables a change of another one may have changed without
// the log having it: before MySQL 9.6 what foreign keys do is not logged. Which
// rows these were can not be told afterwards, so all of the table is touched.
type cascades struct {
	// below are the tables that a table's foreign keys reach, columns those that a
	// change must be of to reach them.
	below   map[schema.Name][]schema.Name
	columns map[schema.Name][]string
}

// Unlogged tells whether rows of the tables can be changed by foreign keys without
// the source's binlog having it.
func Unlogged(ctx context.Context, source *sql.DB, tables []*schema.Table) (bool, error) {
	c, err := loadCascades(ctx, source, tables)
	return len(c.below) > 0, err
}

func loadCascades(ctx context.Context, source *sql.DB, tables []*schema.Table) (cascades, error) {
	c := cascades{below: map[schema.Name][]schema.Name{}, columns: map[schema.Name][]string{}}
	facts, err := mysqldb.LoadFacts(ctx, source)
	if err != nil {
		return c, fmt.Errorf("ask the source about itself: %w", err)
	}
	if !facts.NativeForeignKeys {
		return c, nil
	}
	children := map[schema.Name][]schema.Name{}
	for _, t := range tables {
		for i := range t.ForeignKeys {
			if fk := &t.ForeignKeys[i]; fk.Cascades() {
				children[fk.Parent] = append(children[fk.Parent], t.Name)
				c.columns[fk.Parent] = append(c.columns[fk.Parent], fk.ParentCols...)
			}
		}
	}
	for parent := range children {
		var seen []schema.Name
		for queue := slices.Clone(children[parent]); len(queue) > 0; queue = queue[1:] {
			if !slices.Contains(seen, queue[0]) {
				seen = append(seen, queue[0])
				queue = append(queue, children[queue[0]]...)
			}
		}
		c.below[parent] = seen
	}
	return c, nil
}

// reached returns the tables that a change may have changed rows of.
func (c *cascades) reached(r *change.RowChange) []schema.Name {
	below := c.below[r.Table.Name]
	if len(below) == 0 || r.Op == change.Insert || r.Flags&(change.CascadesLogged|change.NoForeignKeyChecks) != 0 {
		return nil
	}
	if r.Op == change.Delete {
		return below
	}
	for _, name := range c.columns[r.Table.Name] {
		if i := r.Table.Column(name); i < 0 || !bytes.Equal(r.Before[i], r.After[i]) {
			return below
		}
	}
	return nil
}
