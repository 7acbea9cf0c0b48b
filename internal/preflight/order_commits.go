package preflight

import "context"

// checkOrderCommits: before MySQL 5.7 a server's gtid_executed is ahead of what
// queries see, and the order of its commits is all there is to tell how far it
// can be relied on.
func checkOrderCommits(_ context.Context, s *state) ([]Finding, error) {
	f := &s.SourceFacts
	if !f.ExecutedEarly() || f.BinlogOrderCommits {
		return nil, nil
	}
	return one(Block, "the source may show transactions in another order than its binlog has them",
		seen("binlog_order_commits", "OFF")+" on MySQL "+f.Version.String(), "SET GLOBAL binlog_order_commits=ON on the source; it takes effect at once")
}
