package preflight

import "context"

// checkPartialJSON wants whole JSON documents.
func checkPartialJSON(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if f.BinlogRowValueOptions == "" {
		return nil, nil
	}
	return one(Block, "the source logs parts of JSON documents only",
		seen("binlog_row_value_options", f.BinlogRowValueOptions), s.on(Source).set("binlog_row_value_options", ""))
}
