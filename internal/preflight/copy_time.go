package preflight

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/schema"
)

// slowCopy is how many bytes of a table's data a slow copy moves in a second, and
// outage is how long tandem may be down besides.
const (
	slowCopy = 10 << 20
	outage   = time.Hour
)

// checkCopyTime wants binlogs that are kept for twice as long as the copy may
// take: the stream begins where the copy began.
func checkCopyTime(ctx context.Context, s *state) ([]Finding, error) {
	if s.Resume != nil {
		return none("the copy has begun")
	}
	v := s.on(Source)
	k, err := v.kept(ctx)
	if err != nil {
		return nil, err
	}
	if k.lazy || k.untold != "" || k.time == 0 {
		return none("binlog-retention tells what is known of how long binlogs are kept")
	}
	bytes, err := s.dataBytes(ctx)
	if err != nil {
		return nil, err
	}
	takes := time.Duration(bytes/slowCopy) * time.Second
	if k.time >= 2*takes+outage {
		return nil, nil
	}
	return one(Block, "the copy may take longer than binlogs are kept",
		fmt.Sprintf("%d MiB of data may take %s, and twice that and %s are wanted; %s", bytes>>20, takes.Round(time.Second), outage, k.seen), k.fix)
}

// dataBytes is the size of the replicated tables' rows.
func (s *state) dataBytes(ctx context.Context) (total int64, err error) {
	rows, err := s.Source.QueryContext(ctx, "SELECT TABLE_SCHEMA, TABLE_NAME, IFNULL(DATA_LENGTH, 0) FROM information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE'")
	if err != nil {
		return 0, fmt.Errorf("ask for the size of the tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n schema.Name
		var bytes int64
		if err := rows.Scan(&n.Schema, &n.Table, &bytes); err != nil {
			return 0, fmt.Errorf("ask for the size of the tables: %w", err)
		}
		if s.Tables(n) {
			total += bytes
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("ask for the size of the tables: %w", err)
	}
	return total, nil
}
