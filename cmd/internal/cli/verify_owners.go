package cli

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// targetOwns tells which tables the target owns, as the sides' records
// say; the later one may not have crossed yet.
func targetOwns(ctx context.Context, log *slog.Logger, dbs [2]*sql.DB, migration string, group func(schema.Name) string) (func(schema.Name) bool, error) {
	var said []map[string]ownership.Record
	for i, side := range []ownership.Side{ownership.Source, ownership.Target} {
		records, err := ownership.Load(ctx, dbs[i], migration)
		switch {
		case mysqldb.IsNoSuchTable(err):
			continue // nothing has been handed over where nothing is kept
		case mysqldb.IsAccessDenied(err):
			log.WarnContext(ctx, "the user may not read who owns the groups; those of which nothing is known are taken for the source's", "side", string(side))
			continue
		case err != nil:
			return nil, fmt.Errorf("ask the %s who owns the groups: %w", side, err)
		}
		said = append(said, records)
	}
	latest, _ := ownership.Latest(said...)
	return func(n schema.Name) bool { return latest[group(n)].Owner == ownership.Target }, nil
}
