package preflight

import "context"

// checkBinlogChecksum likes events that say when they were damaged.
func checkBinlogChecksum(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if !f.LogBin {
		return none("the source writes no binlog")
	}
	if f.BinlogChecksum != "NONE" {
		return nil, nil
	}
	return one(Warn, "the source writes no checksums into its binlog, so damage on the way would not be seen", seen("binlog_checksum", f.BinlogChecksum),
		s.on(Source).set("binlog_checksum", "CRC32"))
}
