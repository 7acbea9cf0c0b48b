package preflight

import "context"

// checkTargetRowImage wants whole rows in the target's binlog: the way back
// compares, and repairs, by what a row was.
func checkTargetRowImage(_ context.Context, s *state) ([]Finding, error) {
	f := &s.TargetFacts
	if !f.LogBin {
		return none("the target writes no binlog")
	}
	if f.BinlogRowImage == "FULL" || f.BinlogRowImage == "" {
		return nil, nil
	}
	return one(Warn, "the target does not log whole rows, so there is no way back from a handover to it", seen("binlog_row_image", f.BinlogRowImage),
		s.on(Target).set("binlog_row_image", "FULL")+"; sessions that are open keep the old setting")
}
