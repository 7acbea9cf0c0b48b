package preflight

import (
	"context"
	"fmt"

	"tandem/internal/mysqldb"
)

// check is one thing to look at.
type check struct {
	id    string
	group Group
	side  Side
	run   func(context.Context, *state) ([]Finding, error)
}

// checks are all of them, in the order in which findings are shown: those that
// replication itself depends on, then the others. An id is a promise: pipelines
// and documents refer to it.
var checks = [...]check{
	{"flavour", SourceGroup, Both, checkFlavour},
	{"same-server", NetworkGroup, Both, checkSameServer},
	{"version-source", SourceGroup, Source, checkSourceVersion},
	{"version-pair", TargetGroup, Both, checkVersionPair},

	{"binlog", SourceGroup, Source, checkBinlog},
	{"binlog-format", SourceGroup, Source, checkBinlogFormat},
	{"binlog-row-image", SourceGroup, Source, checkRowImage},
	{"binlog-partial-json", SourceGroup, Source, checkPartialJSON},
	{"binlog-row-metadata", SourceGroup, Source, checkRowMetadata},
	{"binlog-retention", SourceGroup, Source, checkRetention},
	{"gtid-source", SourceGroup, Source, checkSourceGTID},
	{"binlog-order-commits", SourceGroup, Source, checkOrderCommits},
	{"privileges-source", RightsGroup, Source, checkSourcePrivileges},

	{"writable", TargetGroup, Target, checkWritable},
	{"gtid-target", ReverseGroup, Target, checkTargetGTID},
	{"privileges-target", RightsGroup, Target, checkTargetPrivileges},
	{"local-infile", TargetGroup, Target, checkLocalInfile},
	{"table-name-case", TargetGroup, Both, checkTableNameCase},
	{"max-allowed-packet", TargetGroup, Both, checkPacket},
	{"triggers-target", SchemaGroup, Target, checkTargetTriggers},
	{"events-target", SchemaGroup, Target, checkTargetEvents},
	{"guard-rights", RightsGroup, Both, checkGuardRights},

	{"table-engine", SchemaGroup, Source, checkEngines},
	{"table-key", SchemaGroup, Source, checkKeys},
	{"column-type", SchemaGroup, Source, checkColumnTypes},
	{"label", SchemaGroup, Source, checkLabels},
	{"collation", SchemaGroup, Target, checkCollations},
	{"collation-database", SchemaGroup, Target, checkDatabaseCollations},
	{"foreign-key", SchemaGroup, Source, checkForeignKeys},
	{"foreign-key-engine", SchemaGroup, Target, checkForeignKeyEngine},
	{"binlog-filter", SourceGroup, Source, checkBinlogFilter},
	{"server-id", SourceGroup, Source, checkServerID},

	// beyond: what a link does not look at each time it starts
	{"binlog-checksum", SourceGroup, Source, checkBinlogChecksum},
	{"binlog-compression", SourceGroup, Both, eachServer(checkBinlogCompression)},
	{"copy-time", SourceGroup, Source, checkCopyTime},
	{"transaction-log-state", SourceGroup, Source, checkTransactionLogState},
	{"resume-source", SourceGroup, Source, checkResume},
	{"source-primary", SourceGroup, Source, checkSourcePrimary},
	{"long-transactions", SourceGroup, Source, checkLongTransactions},
	{"xa-prepared", SourceGroup, Source, checkXA},
	{"disk", SourceGroup, Both, eachServer(checkDisk)},
	{"maintenance", SourceGroup, Both, eachServer(checkMaintenance)},
	{"backup", SourceGroup, Both, eachServer(checkBackup)},
	{"cloud-state", SourceGroup, Both, eachServer(checkCloudState)},
	{"flags-in-sync", SourceGroup, Both, eachServer(checkFlagsInSync)},

	{"parameters-in-sync", TargetGroup, Both, eachServer(checkParametersInSync)},
	{"target-endpoint", TargetGroup, Target, checkTargetEndpoint},
	{"target-replica", TargetGroup, Target, checkTargetReplica},
	{"target-empty", TargetGroup, Target, checkTargetEmpty},
	{"time-zone", TargetGroup, Both, checkTimeZone},
	{"sql-mode", TargetGroup, Both, checkSQLMode},
	{"server-defaults", TargetGroup, Both, checkServerDefaults},
	{"secure-transport", TargetGroup, Both, checkSecureTransport},
	{"connections", TargetGroup, Both, eachServer(checkConnections)},
	{"capacity", TargetGroup, Both, eachServer(checkCapacity)},
	{"single-member", TargetGroup, Both, eachServer(checkSingleMember)},
	{"backtrack", TargetGroup, Both, eachServer(checkBacktrack)},

	{"schema-differs", SchemaGroup, Target, checkSchemaDiffers},
	{"column-target", SchemaGroup, Target, checkColumnsOfTarget},
	{"table-options", SchemaGroup, Source, checkTableOptions},
	{"foreign-key-standard", SchemaGroup, Target, checkForeignKeyStandard},
	{"foreign-key-cascade", SchemaGroup, Source, checkForeignKeyCascades},
	{"key-order", SchemaGroup, Source, checkKeyOrder},
	{"auto-increment", SchemaGroup, Source, checkAutoIncrement},
	{"table-count", SchemaGroup, Source, checkTableCount},
	{"online-schema-change", SchemaGroup, Source, checkOnlineSchemaChange},
	{"statement-charset", SchemaGroup, Source, checkStatementCharset},
	{"reserved-word", SchemaGroup, Target, checkReservedWords},
	{"definer", SchemaGroup, Target, checkDefiners},
	{"event-scheduler", SchemaGroup, Target, checkEventScheduler},

	{"binlog-row-image-target", ReverseGroup, Target, checkTargetRowImage},
	{"binlog-partial-json-target", ReverseGroup, Target, checkTargetPartialJSON},
	{"binlog-retention-target", ReverseGroup, Target, checkTargetRetention},
	{"enhanced-binlog", ReverseGroup, Both, eachServer(checkEnhancedBinlog)},
	{"resume-target", ReverseGroup, Target, checkResumeBack},
	{"privileges-reverse", ReverseGroup, Both, checkReversePrivileges},
	{"writable-source", ReverseGroup, Source, checkSourceWritable},
	{"version-reverse", ReverseGroup, Both, checkReverseVersion},
	{"deletion-protection", ReverseGroup, Both, eachServer(checkDeletionProtection)},

	{"tls", NetworkGroup, Both, eachServer(checkTLS)},
	{"stream-source", NetworkGroup, Source, checkSourceStream},
	{"stream-target", NetworkGroup, Target, checkTargetStream},

	{"privileges-effective", RightsGroup, Both, checkEffective},
	{"privileges-objects", RightsGroup, Both, checkObjectRights},
	{"read-only-bypass", RightsGroup, Both, eachServer(checkReadOnlyBypass)},
	{"cloudsql-superuser", RightsGroup, Both, eachServer(checkCloudSQLSuperuser)},
	{"cloud-permissions", RightsGroup, Both, eachServer(checkCloudPermissions)},
}

// beyond begins the checks that a link does not make each time it starts: they
// are about what comes later, or ask much of the servers.
const beyond = "binlog-checksum"

// Starting are the checks that a link makes each time before it starts.
func Starting(c Check) bool {
	for i := range checks {
		switch checks[i].id {
		case beyond:
			return false
		case c.ID:
			return true
		}
	}
	return false
}

// Beginning are the checks that a link makes besides when it begins: rows of a
// prepared XA transaction are neither in the copy nor behind the position at which
// the stream begins, and would be lost.
func Beginning(c Check) bool { return c.ID == "xa-prepared" }

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
		found[i].ID, found[i].Group = c.id, c.group
		found[i].Docs = "docs/preflight/" + c.id + ".md"
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

// none is the answer of a check that has nothing to look at here.
func none(why string) ([]Finding, error) {
	return []Finding{{Severity: NotApplicable, What: why}}, nil
}

// hidden is the answer where the server does not let the user look, and not being
// able to is no reason to stop.
func hidden(err error) ([]Finding, error) {
	if _, answered := mysqldb.Code(err); answered && !mysqldb.IsLostConnection(err) {
		return none("the server does not let tandem's user look: " + err.Error())
	}
	return nil, err
}

// What checks that ask a cloud say of servers that it does not run, or tell
// nothing about.
const (
	notCloudSQL = "not a Cloud SQL instance by name: give it as cloudsql: in tandem.yaml"
	notAurora   = "not an Aurora cluster by name: give it as aurora: in tandem.yaml"
	notManaged  = "no cloud tells of this server: give it as cloudsql: or aurora: in tandem.yaml"
)
