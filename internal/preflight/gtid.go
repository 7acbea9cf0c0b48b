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
		seen("gtid_mode", f.GTIDMode), s.on(Source).turnOnGTID())
}

// checkTargetGTID tells what the way back will want.
func checkTargetGTID(_ context.Context, s *state) ([]Finding, error) {
	f := &s.TargetFacts
	if f.GTIDMode == "ON" && f.LogBin && f.BinlogFormat != "STATEMENT" && f.BinlogFormat != "MIXED" {
		return nil, nil
	}
	v := s.on(Target)
	fix := v.turnOnGTID()
	switch {
	case v.cluster() != nil:
		fix = v.setParameter("binlog_format", "ROW", "gtid_mode", "ON", "enforce_gtid_consistency", "ON")
	case v.instance() != nil:
		fix = gcloud(v.instance(), "instances patch", "--enable-bin-log")
	case f.Flavour == mysqldb.Aurora:
		fix = "set binlog_format=ROW, gtid-mode=ON and enforce_gtid_consistency=ON in the DB cluster parameter group and reboot the writer"
	}
	return one(Warn, "the target can not be streamed from yet, so there is no way back from a handover to it",
		seen("gtid_mode", f.GTIDMode)+", "+seen("log_bin", f.LogBin)+", "+seen("binlog_format", f.BinlogFormat), fix)
}

func (v *server) turnOnGTID() string {
	f := v.facts
	switch {
	case v.cluster() != nil:
		return v.setParameter("gtid_mode", "ON", "enforce_gtid_consistency", "ON")
	case v.flavour() == mysqldb.CloudSQL:
		return "Cloud SQL has GTIDs on from MySQL 5.7 on, and offers no flag for them: upgrade the instance"
	case f.Flavour == mysqldb.Aurora, f.Flavour == mysqldb.RDS:
		return "set gtid-mode=ON and enforce_gtid_consistency=ON in the parameter group and reboot"
	case !f.Version.AtLeast(5, 7, 6):
		return "write gtid_mode=ON, enforce_gtid_consistency=ON and log_slave_updates=ON into the server's option file and restart it"
	}
	return "one after the other: SET GLOBAL enforce_gtid_consistency=ON; SET GLOBAL gtid_mode=OFF_PERMISSIVE; " +
		"SET GLOBAL gtid_mode=ON_PERMISSIVE; SET GLOBAL gtid_mode=ON; and the same in the server's option file"
}
