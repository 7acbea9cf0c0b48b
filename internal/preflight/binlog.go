package preflight

import (
	"context"

	"tandem/internal/mysqldb"
)

// checkBinlog wants a binlog to stream from.
func checkBinlog(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if f.LogBin {
		return nil, nil
	}
	fix := setAtStart(f, "log_bin", "binlog")
	switch f.Flavour {
	case mysqldb.CloudSQL:
		fix = "gcloud sql instances patch INSTANCE --enable-bin-log"
	case mysqldb.Aurora:
		fix = "set binlog_format=ROW in the DB cluster parameter group and reboot the writer"
	case mysqldb.RDS:
		fix = "turn on automated backups of the instance"
	}
	return one(Block, "the source writes no binlog", seen("log_bin", "OFF"), fix)
}
