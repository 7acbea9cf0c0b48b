package preflight

import (
	"context"

	"tandem/internal/mysqldb"
)

// checkBinlog wants a binlog to stream from. Cloud SQL writes one while backups
// and point-in-time recovery are on.
func checkBinlog(_ context.Context, s *state) ([]Finding, error) {
	v := s.on(Source)
	i := v.instance()
	evidence := seen("log_bin", "OFF")
	switch {
	case !v.facts.LogBin:
	case i != nil && !i.BinlogEnabled:
		evidence = seen("binaryLogEnabled", false) + " of the instance " + i.ConnectionName
	default:
		return nil, nil
	}
	var fix string
	switch {
	case i != nil && !i.BackupsEnabled:
		fix = gcloud(i, "instances patch", "--backup-start-time=18:00 --enable-bin-log")
	case i != nil:
		fix = gcloud(i, "instances patch", "--enable-bin-log")
	case v.cluster() != nil:
		fix = v.setParameter("binlog_format", "ROW")
	case v.facts.Flavour == mysqldb.CloudSQL:
		fix = "gcloud sql instances patch INSTANCE --enable-bin-log"
	case v.facts.Flavour == mysqldb.Aurora:
		fix = "set binlog_format=ROW in the DB cluster parameter group and reboot the writer"
	case v.facts.Flavour == mysqldb.RDS:
		fix = "turn on automated backups of the instance"
	default:
		fix = v.setAtStart("log_bin", "binlog")
	}
	return one(Block, "the source writes no binlog", evidence, fix)
}
