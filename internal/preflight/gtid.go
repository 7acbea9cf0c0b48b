package preflight

import (
	"context"

	"tandem/internal/mysqldb"
)

// checkSourceGTID wants GTIDs: positions are sets of them.
func checkSourceGTID(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if f.GTIDMode == "ON" {
		return nil, nil
	}
	return one(Block, "the source does not number its transactions (GTIDs are off)",
		seen("gtid_mode", f.GTIDMode), turnOnGTID(f))
}

// checkTargetGTID tells what the way back will want.
func checkTargetGTID(_ context.Context, s *state) ([]Finding, error) {
	f := &s.TargetFacts
	if f.GTIDMode == "ON" && f.LogBin && f.BinlogFormat != "STATEMENT" && f.BinlogFormat != "MIXED" {
		return nil, nil
	}
	fix := turnOnGTID(f)
	if f.Flavour == mysqldb.Aurora {
		fix = "set binlog_format=ROW, gtid-mode=ON and enforce_gtid_consistency=ON in the DB cluster parameter group and reboot the writer"
	}
	return one(Warn, "the target can not be streamed from yet, so there is no way back from a handover to it",
		seen("gtid_mode", f.GTIDMode)+", "+seen("log_bin", f.LogBin)+", "+seen("binlog_format", f.BinlogFormat), fix)
}

func turnOnGTID(f *mysqldb.Facts) string {
	switch f.Flavour {
	case mysqldb.CloudSQL:
		return "set the database flags gtid_mode and enforce_gtid_consistency to ON (MySQL 5.7 and later have them on)"
	case mysqldb.Aurora, mysqldb.RDS:
		return "set gtid-mode=ON and enforce_gtid_consistency=ON in the parameter group and reboot"
	}
	if !f.Version.AtLeast(5, 7, 6) {
		return "write gtid_mode=ON, enforce_gtid_consistency=ON and log_slave_updates=ON into the server's option file and restart it"
	}
	return "one after the other: SET GLOBAL enforce_gtid_consistency=ON; SET GLOBAL gtid_mode=OFF_PERMISSIVE; " +
		"SET GLOBAL gtid_mode=ON_PERMISSIVE; SET GLOBAL gtid_mode=ON; and the same in the server's option file"
}
