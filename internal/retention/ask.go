package retention

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
)

// Ask returns what is left for a position on a server. logDays is Cloud SQL's
// transactionLogRetentionDays, 0 where it is not known or for other servers.
func Ask(ctx context.Context, db *sql.DB, at Position, logDays int64, now time.Time) (Left, error) {
	p, err := Read(ctx, db, logDays)
	if err != nil {
		return Left{}, err
	}
	purged, behind, err := look(ctx, db, at.Executed)
	if err != nil {
		return Left{}, err
	}
	if !behind || at.Committed.IsZero() {
		at.Committed = now // it stands in the newest file
	}
	return Of(p, at, purged, now), nil
}

// Read returns a server's policy.
func Read(ctx context.Context, db *sql.DB, logDays int64) (Policy, error) {
	facts, err := mysqldb.LoadFacts(ctx, db)
	if err != nil {
		return Policy{}, fmt.Errorf("read how long binlogs are kept: %w", err)
	}
	switch facts.Flavour {
	case mysqldb.Aurora, mysqldb.RDS:
		return managed(ctx, db)
	case mysqldb.CloudSQL:
		return cloudSQL(facts.BinlogRetention, logDays), nil
	}
	return plain(facts.BinlogRetention), nil
}

func plain(keeps time.Duration) Policy {
	p := Policy{Keeps: keeps, From: "binlog_expire_logs_seconds, or expire_logs_days before MySQL 8.0", Raise: "SET PERSIST binlog_expire_logs_seconds = 604800 (SET GLOBAL expire_logs_days = 7 before MySQL 8.0)"}
	p.Forever = keeps == 0
	return p
}

// cloudSQL keeps binlogs on its disk for the lesser of two settings.
func cloudSQL(keeps time.Duration, logDays int64) Policy {
	p := plain(keeps)
	p.From, p.Raise = "flag binlog_expire_logs_seconds", "gcloud sql instances patch INSTANCE --database-flags=…,binlog_expire_logs_seconds=604800 (it replaces the whole list: name all that are set)"
	if days := time.Duration(logDays) * 24 * time.Hour; days > 0 && (p.Forever || days < keeps) {
		p.Keeps, p.Forever = days, false
		p.From, p.Raise = "transactionLogRetentionDays", "gcloud sql instances patch INSTANCE --retained-transaction-log-days=7"
	}
	return p
}

// managed asks RDS and Aurora, whose variables do not tell.
func managed(ctx context.Context, db *sql.DB) (Policy, error) {
	hours, set, err := mysqldb.RDSConfiguration(ctx, db, "binlog retention hours")
	if err != nil {
		return Policy{}, fmt.Errorf("read how long binlogs are kept: %w", err)
	}
	p := Policy{Lazy: true, From: "binlog retention hours is not set", Raise: "CALL mysql.rds_set_configuration('binlog retention hours', 168)"}
	if set && hours > 0 {
		p.Keeps, p.Lazy, p.From = time.Duration(hours)*time.Hour, false, "binlog retention hours"
	}
	return p, nil
}

// look tells whether something that is behind the position is gone (then the link
// could not go on, and would end with error 1236), and whether anything is behind
// it at all.
func look(ctx context.Context, db *sql.DB, executed string) (purged, behind bool, err error) {
	if executed == "" {
		return false, false, nil // it has no position yet
	}
	var there, all bool
	err = db.QueryRowContext(ctx, "SELECT GTID_SUBSET(@@GLOBAL.gtid_purged, ?), GTID_SUBSET(@@GLOBAL.gtid_executed, ?)", executed, executed).Scan(&there, &all)
	if err != nil {
		return false, false, fmt.Errorf("look what is purged: %w", err)
	}
	return !there, !all, nil
}
