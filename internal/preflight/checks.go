package preflight

import (
	"context"
	"fmt"

	"tandem/internal/mysqldb"
)

// check is one thing to look at.
type check struct {
	id   string
	side Side
	run  func(context.Context, *state) ([]Finding, error)
}

// checks are all of them, in the order in which findings are shown. An id is a
// promise: pipelines and documents refer to it.
var checks = [...]check{
	{"flavour", Both, checkFlavour},
	{"same-server", Both, checkSameServer},
	{"version-source", Source, checkSourceVersion},
	{"version-pair", Both, checkVersionPair},

	{"binlog", Source, checkBinlog},
	{"binlog-format", Source, checkBinlogFormat},
	{"binlog-row-image", Source, checkRowImage},
	{"binlog-partial-json", Source, checkPartialJSON},
	{"binlog-row-metadata", Source, checkRowMetadata},
	{"binlog-retention", Source, checkRetention},
	{"gtid-source", Source, checkSourceGTID},
	{"binlog-order-commits", Source, checkOrderCommits},
	{"privileges-source", Source, checkSourcePrivileges},

	{"writable", Target, checkWritable},
	{"gtid-target", Target, checkTargetGTID},
	{"privileges-target", Target, checkTargetPrivileges},
	{"local-infile", Target, checkLocalInfile},
	{"table-name-case", Both, checkTableNameCase},
	{"max-allowed-packet", Both, checkPacket},
	{"triggers-target", Target, checkTargetTriggers},
	{"events-target", Target, checkTargetEvents},
	{"guard-rights", Both, checkGuardRights},

	{"table-engine", Source, checkEngines},
	{"table-key", Source, checkKeys},
	{"column-type", Source, checkColumnTypes},
	{"label", Source, checkLabels},
	{"collation", Target, checkCollations},
	{"collation-database", Target, checkDatabaseCollations},
	{"foreign-key", Source, checkForeignKeys},
	{"foreign-key-engine", Target, checkForeignKeyEngine},
}

// findings runs the check and signs what it found.
//
// A server that is lost meanwhile is no finding about it: the error says so.
func (c check) findings(ctx context.Context, s *state) ([]Finding, error) {
	found, err := c.run(ctx, s)
	if mysqldb.IsLostConnection(err) || mysqldb.IsUnreachable(err) {
		return nil, fmt.Errorf("check %s: %w", c.id, err)
	}
	if err != nil {
		found = []Finding{{
			Severity: Block,
			What:     "this could not be checked",
			Evidence: err.Error(),
		}}
	}
	for i := range found {
		found[i].ID = c.id
		if found[i].Side == "" {
			found[i].Side = c.side
		}
	}
	return found, nil
}

// one is the answer of a check that found one thing.
func one(severity Severity, what, evidence, fix string) ([]Finding, error) {
	return []Finding{{Severity: severity, What: what, Evidence: evidence, Fix: fix}}, nil
}
