package replicate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/replicate/applier"
)

// Position returns every transaction of a link's source that its target has, or
// that had nothing for it.
//
// The checkpoint alone falls short of that on an idle source: a position that
// has only passed over tandem's own bookkeeping is not saved, since saving it is
// bookkeeping on the other side, and so on for ever. The running link tells where
// it is with its status, once a second.
func Position(ctx context.Context, target *sql.DB, link string) (change.GTIDSet, error) {
	c, err := applier.LoadCheckpoint(ctx, target, link)
	if err != nil {
		return change.GTIDSet{}, err
	}
	var text string
	var epoch uint64
	err = target.QueryRowContext(ctx, `SELECT IFNULL(JSON_UNQUOTE(JSON_EXTRACT(detail, '$.applied.gtid')), ''),
 IFNULL(JSON_EXTRACT(detail, '$.daemon.epoch') + 0, 0) FROM _tandem.link WHERE link = ?`, link).Scan(&text, &epoch)
	switch {
	case errors.Is(err, sql.ErrNoRows) || mysqldb.IsNoSuchTable(err):
		return c.Position, nil
	case err != nil:
		return change.GTIDSet{}, fmt.Errorf("read the link's status: %w", err)
	}
	if epoch != c.Epoch {
		// Said by one that has been replaced.
		return c.Position, nil
	}
	said, err := change.ParseGTIDSet(text)
	if err != nil {
		return change.GTIDSet{}, fmt.Errorf("read the link's status: %w", err)
	}
	c.Position.Union(said)
	return c.Position, nil
}
