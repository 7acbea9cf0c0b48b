package mysqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tandem/internal/change"
)

// Facts is what a server says about itself. What an old server does not know
// has the value that it behaves by: a 5.6 server has no partial JSON, so its
// BinlogRowValueOptions is empty.
type Facts struct {
	Version Version
	Flavour Flavour
	// AuroraVersion is the engine version of Aurora, else empty.
	AuroraVersion string
	ServerUUID    string
	ServerID      uint32

	GTIDMode               string // ON, OFF, ON_PERMISSIVE, OFF_PERMISSIVE
	EnforceGTIDConsistency string // ON, OFF, WARN
	GTIDExecuted           change.GTIDSet
	GTIDPurged             change.GTIDSet

	LogBin                      bool
	LogReplicaUpdates           bool
	BinlogFormat                string // ROW, MIXED, STATEMENT
	BinlogRowImage              string // FULL, MINIMAL, NOBLOB
	BinlogRowMetadata           string // FULL, MINIMAL
	BinlogRowValueOptions       string // PARTIAL_JSON or empty
	BinlogTransactionCompressed bool
	BinlogChecksum              string
	// BinlogOrderCommits is set where InnoDB commits in the order of the binlog.
	BinlogOrderCommits bool
	// BinlogRetention is how long the server keeps its binlogs; 0 for ever.
	BinlogRetention time.Duration

	ReadOnly       bool
	SuperReadOnly  bool
	InnoDBReadOnly bool

	LowerCaseTableNames int
	MaxAllowedPacket    int64
	LocalInfile         bool
	TimeZone            string // SYSTEM stands for SystemTimeZone
	SystemTimeZone      string
	SQLMode             string // of new sessions
	CharsetServer       string
	CollationServer     string
	RequirePrimaryKey   bool
	// GeneratePrimaryKey is set where a table without a primary key is given an
	// invisible one.
	GeneratePrimaryKey            bool
	ExplicitDefaultsForTimestamp  bool
	TrustFunctionCreators         bool
	RequireSecureTransport        bool
	TransactionIsolation          string
	EventScheduler                bool
	MaxConnections                int
	RestrictForeignKeyNonStandard bool
	// NativeForeignKeys is set where InnoDB itself, not the server, follows
	// foreign keys, as it did before MySQL 9.6.
	NativeForeignKeys bool
}

// ExecutedEarly tells whether the server's gtid_executed holds transactions that
// a query does not see yet: before MySQL 5.7 they join it when they are written
// to the binlog, not when they are committed.
func (f *Facts) ExecutedEarly() bool { return !f.Version.AtLeast(5, 7, 0) }

// variables are global system variables by name, in lower case.
type variables map[string]string

func (v variables) has(name string) bool { _, ok := v[name]; return ok }

// first returns the value of the first of the names that the server has.
func (v variables) first(names ...string) string {
	for _, n := range names {
		if s, ok := v[n]; ok {
			return s
		}
	}
	return ""
}

func (v variables) on(names ...string) bool {
	switch strings.ToUpper(v.first(names...)) {
	case "ON", "1", "YES", "TRUE":
		return true
	}
	return false
}

func (v variables) number(names ...string) int64 {
	n, _ := strconv.ParseInt(v.first(names...), 10, 64) // what is no number counts as 0
	return n
}

// LoadFacts asks a server about itself: one query.
func LoadFacts(ctx context.Context, db *sql.DB) (Facts, error) {
	vars, err := loadVariables(ctx, db)
	if err != nil {
		return Facts{}, fmt.Errorf("read server variables: %w", err)
	}
	return factsFrom(vars)
}

func loadVariables(ctx context.Context, db *sql.DB) (variables, error) {
	rows, err := db.QueryContext(ctx, "SHOW GLOBAL VARIABLES")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	vars := variables{}
	for rows.Next() {
		var name, value sql.NullString
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		vars[strings.ToLower(name.String)] = value.String
	}
	return vars, rows.Err()
}

func factsFrom(v variables) (Facts, error) {
	version, err := ParseVersion(v["version"])
	if err != nil {
		return Facts{}, err
	}
	f := Facts{
		Version:       version,
		Flavour:       flavour(v),
		AuroraVersion: v["aurora_version"],
		ServerUUID:    v["server_uuid"],
		ServerID:      uint32(v.number("server_id")),

		GTIDMode:               strings.ToUpper(orDefault(v["gtid_mode"], "OFF")),
		EnforceGTIDConsistency: consistency(v["enforce_gtid_consistency"]),

		LogBin:                      v.on("log_bin"),
		LogReplicaUpdates:           v.on("log_replica_updates", "log_slave_updates"),
		BinlogFormat:                strings.ToUpper(v["binlog_format"]),
		BinlogRowImage:              strings.ToUpper(orDefault(v["binlog_row_image"], "FULL")),
		BinlogRowMetadata:           strings.ToUpper(orDefault(v["binlog_row_metadata"], "MINIMAL")),
		BinlogRowValueOptions:       strings.ToUpper(v["binlog_row_value_options"]),
		BinlogTransactionCompressed: v.on("binlog_transaction_compression"),
		BinlogChecksum:              strings.ToUpper(orDefault(v["binlog_checksum"], "NONE")),
		BinlogRetention:             retention(v),
		BinlogOrderCommits:          v.on("binlog_order_commits"),

		ReadOnly:       v.on("read_only"),
		SuperReadOnly:  v.on("super_read_only"),
		InnoDBReadOnly: v.on("innodb_read_only"),

		LowerCaseTableNames:           int(v.number("lower_case_table_names")),
		MaxAllowedPacket:              v.number("max_allowed_packet"),
		LocalInfile:                   v.on("local_infile"),
		TimeZone:                      v["time_zone"],
		SystemTimeZone:                v["system_time_zone"],
		SQLMode:                       v["sql_mode"],
		CharsetServer:                 v["character_set_server"],
		CollationServer:               v["collation_server"],
		RequirePrimaryKey:             v.on("sql_require_primary_key"),
		GeneratePrimaryKey:            v.on("sql_generate_invisible_primary_key"),
		ExplicitDefaultsForTimestamp:  v.on("explicit_defaults_for_timestamp"),
		TrustFunctionCreators:         v.on("log_bin_trust_function_creators"),
		RequireSecureTransport:        v.on("require_secure_transport"),
		TransactionIsolation:          v.first("transaction_isolation", "tx_isolation"),
		EventScheduler:                v.on("event_scheduler"),
		MaxConnections:                int(v.number("max_connections")),
		RestrictForeignKeyNonStandard: v.on("restrict_fk_on_non_standard_key"),
		NativeForeignKeys:             !version.AtLeast(9, 6, 0) || v.on("innodb_native_foreign_keys"),
	}
	if f.GTIDExecuted, err = change.ParseGTIDSet(v["gtid_executed"]); err != nil {
		return Facts{}, fmt.Errorf("read gtid_executed: %w", err)
	}
	if f.GTIDPurged, err = change.ParseGTIDSet(v["gtid_purged"]); err != nil {
		return Facts{}, fmt.Errorf("read gtid_purged: %w", err)
	}
	return f, nil
}

// retention knows both variables; the one in seconds wins on a server that has
// both, unless it is 0.
func retention(v variables) time.Duration {
	if s := v.number("binlog_expire_logs_seconds"); s > 0 {
		if v.has("binlog_expire_logs_auto_purge") && !v.on("binlog_expire_logs_auto_purge") {
			return 0
		}
		return time.Duration(s) * time.Second
	}
	return time.Duration(v.number("expire_logs_days")) * 24 * time.Hour
}

// consistency is a boolean on 5.6 and a word later.
func consistency(s string) string {
	switch strings.ToUpper(s) {
	case "1", "ON":
		return "ON"
	case "2", "WARN":
		return "WARN"
	}
	return "OFF"
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}
