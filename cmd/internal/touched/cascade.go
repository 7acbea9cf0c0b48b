package touched

import (
	"context"
	"database/sql"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// cascades knows which tables a change of another one may have changed without
// the log having it: before MySQL 9.6 what foreign keys do is not logged. Which
// rows these were can not be told afterwards, so all of the table is touched.
type cascades struct{ schema.Reach }

// Unlogged tells whether rows of the tables can be changed by foreign keys without
// the server's binlog having it.
func Unlogged(ctx context.Context, server *sql.DB, tables []*schema.Table) (bool, error) {
	c, err := loadCascades(ctx, server, tables)
	return len(c.Below) > 0, err
}

func loadCascades(ctx context.Context, server *sql.DB, tables []*schema.Table) (cascades, error) {
	facts, err := mysqldb.LoadFacts(ctx, server)
	if err != nil {
		return cascades{}, fmt.Errorf("ask a server about itself: %w", err)
	}
	if !facts.NativeForeignKeys {
		return cascades{}, nil
	}
	return cascades{schema.ReachOf(tables)}, nil
}

// reached returns the tables that a change may have changed rows of.
func (c *cascades) reached(r *change.RowChange) []schema.Name {
	below := c.Below[r.Table.Name]
	if len(below) == 0 || r.Op == change.Insert || r.Flags&(change.CascadesLogged|change.NoForeignKeyChecks) != 0 {
		return nil
	}
	if r.Op == change.Delete || r.Table.Changed(c.Columns[r.Table.Name], r.Before, r.After) {
		return below
	}
	return nil
}
