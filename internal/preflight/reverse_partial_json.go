package preflight

import "context"

// checkTargetPartialJSON wants whole documents in the target's binlog.
func checkTargetPartialJSON(_ context.Context, s *state) ([]Finding, error) {
	f := &s.TargetFacts
	if !f.LogBin {
		return none("the target writes no binlog")
	}
	if f.BinlogRowValueOptions == "" {
		return nil, nil
	}
	return one(Warn, "the target logs changes of JSON documents in part, so the reverse link would stop at the first one", seen("binlog_row_value_options", f.BinlogRowValueOptions),
		s.on(Target).set("binlog_row_value_options", ""))
}
