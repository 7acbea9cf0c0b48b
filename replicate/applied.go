package replicate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/replicate/applier"
)

// ReadApplied returns every source transaction that the link has applied, or
// passed over for it has nothing to apply, as far as the target (db) tells.
//
// The checkpoint is exact at once for what was applied. It does not follow
// transactions that only keep tandem's own books, or two idle links would answer
// each other for ever; of those the link tells in its status, seconds later. So an
// idle link is seen to have come to the end of the log, if with a delay.
func ReadApplied(ctx context.Context, db *sql.DB, link string) (change.GTIDSet, error) {
	checkpoint, err := applier.LoadCheckpoint(ctx, db, link)
	if err != nil {
		return change.GTIDSet{}, err
	}
	applied := checkpoint.Position.Clone()
	var detail []byte
	err = db.QueryRowContext(ctx, "SELECT detail FROM _tandem.link WHERE link=?", link).Scan(&detail)
	if errors.Is(err, sql.ErrNoRows) {
		return applied, nil
	}
	if err != nil {
		return applied, fmt.Errorf("read the status of link %s: %w", link, err)
	}
	var st struct {
		Applied struct {
			GTID string `json:"gtid"`
		} `json:"applied"`
	}
	if err := json.Unmarshal(detail, &st); err != nil {
		return applied, fmt.Errorf("read the status of link %s: %w", link, err)
	}
	told, err := change.ParseGTIDSet(st.Applied.GTID)
	if err != nil {
		return applied, fmt.Errorf("read the status of link %s: %w", link, err)
	}
	applied.Union(told)
	return applied, nil
}
