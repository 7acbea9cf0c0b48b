package preflight

import "context"

// checkRowImage wants whole rows: with anything less, what an update left
// alone is not in the binlog.
func checkRowImage(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if f.BinlogRowImage == "FULL" {
		return nil, nil
	}
	return one(Block, "the source logs parts of rows only",
		seen("binlog_row_image", f.BinlogRowImage), s.on(Source).set("binlog_row_image", "FULL")+"; sessions that are open keep the old setting")
}
