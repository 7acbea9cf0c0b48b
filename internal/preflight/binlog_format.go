package preflight

import "context"

// checkBinlogFormat wants rows, not statements.
func checkBinlogFormat(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	// 8.4 and later may not list the variable, and know ROW only in the end.
	if f.BinlogFormat == "ROW" || f.BinlogFormat == "" && f.Version.AtLeast(8, 4, 0) {
		return nil, nil
	}
	return one(Block, "the source does not log every change as rows",
		seen("binlog_format", f.BinlogFormat), s.on(Source).set("binlog_format", "ROW")+"; sessions that are open keep the old format")
}
