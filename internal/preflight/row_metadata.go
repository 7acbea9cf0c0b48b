package preflight

import "context"

// checkRowMetadata likes column names in the binlog: with them a change of
// columns that escaped notice is found for certain.
func checkRowMetadata(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if f.BinlogRowMetadata == "FULL" || !f.Version.AtLeast(8, 0, 1) {
		return nil, nil
	}
	return one(Info, "the source's binlog has no column names; with them every row could be checked against its table",
		seen("binlog_row_metadata", f.BinlogRowMetadata), s.on(Source).set("binlog_row_metadata", "FULL"))
}
