package replicate

import (
	"context"
	"database/sql"
	"encoding/json"
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
	// Taken apart here: servers before 5.7 know no JSON.
	var detail []byte
	err = target.QueryRowContext(ctx, `SELECT detail FROM _tandem.link WHERE link = ?`, link).Scan(&detail)
	switch {
	case errors.Is(err, sql.ErrNoRows) || mysqldb.IsNoSuchTable(err):
		return c.Position, nil
	case err != nil:
		return change.GTIDSet{}, fmt.Errorf("read the link's status: %w", err)
	}
	var said Status
	if err := json.Unmarshal(detail, &said); err != nil {
		return change.GTIDSet{}, fmt.Errorf("read the link's status: %w", err)
	}
	if said.Daemon.Epoch != c.Epoch {
		// Said by one that has been replaced.
		return c.Position, nil
	}
	position, err := change.ParseGTIDSet(said.Applied.GTID)
	if err != nil {
		return change.GTIDSet{}, fmt.Errorf("read the link's status: %w", err)
	}
	c.Position.Union(position)
	return c.Position, nil
}
