package preflight

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
)

// shortRetention is what leaves too little time for a copy, or for a replicator
// that is down over a weekend.
const shortRetention = 3 * 24 * time.Hour

// checkRetention tells how long binlogs are kept: a replicator that is behind,
// or down, for longer has to copy everything again.
func checkRetention(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if !f.LogBin {
		return nil, nil
	}
	if f.Flavour == mysqldb.Aurora || f.Flavour == mysqldb.RDS {
		// The variable says nothing there, and the procedure that does is not for
		// every user.
		return one(Info, "how long binlogs are kept is a setting of its own here: NULL means about as long as nothing needs them",
			"", "CALL mysql.rds_show_configuration; CALL mysql.rds_set_configuration('binlog retention hours', 168)")
	}
	if f.BinlogRetention == 0 {
		return nil, nil
	}
	evidence := fmt.Sprintf("binlogs are kept for %s", f.BinlogRetention)
	if f.BinlogRetention >= shortRetention {
		return one(Info, "tandem can be down or behind for as long as binlogs are kept, then everything is copied again", evidence, "")
	}
	fix := set(f, "expire_logs_days", "7")
	if f.Version.AtLeast(8, 0, 0) {
		fix = set(f, "binlog_expire_logs_seconds", "604800")
	}
	if f.Flavour == mysqldb.CloudSQL {
		fix += ", and transactionLogRetentionDays=7: the shorter of the two counts"
	}
	return one(Warn, "binlogs are kept for a short time: a copy or a pause that takes longer starts from the beginning", evidence, fix)
}
