package preflight

import "context"

// checkBinlogCompression tells of compressed transactions: tandem reads them, at
// the cost of time, and other replicators do not.
func checkBinlogCompression(_ context.Context, _ *state, v *server) ([]Finding, error) {
	if !v.facts.BinlogTransactionCompressed {
		return nil, nil
	}
	return one(Info, "the binlog's transactions are compressed: tandem reads them, one after the other; AWS DMS does not read them at all",
		seen("binlog_transaction_compression", "ON"), v.set("binlog_transaction_compression", "OFF")+" if the link does not keep up")
}
