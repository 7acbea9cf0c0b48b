package preflight

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
)

// shortRetention is what leaves too little time for a copy, or for a replicator
// that is down over a weekend.
const shortRetention = 3 * 24 * time.Hour

// checkRetention tells how long binlogs are kept: a replicator that is behind,
// or down, for longer has to copy everything again.
func checkRetention(ctx context.Context, s *state) ([]Finding, error) {
	return retention(ctx, s.on(Source), "a copy or a pause that takes longer starts from the beginning",
		"tandem can be down or behind for as long as binlogs are kept, then everything is copied again")
}

// checkTargetRetention is the same for the reverse link.
func checkTargetRetention(ctx context.Context, s *state) ([]Finding, error) {
	return retention(ctx, s.on(Target), "once the reverse link is behind for longer, there is no way back",
		"after a handover tandem can be down or behind for as long as binlogs are kept, then there is no way back")
}

func retention(ctx context.Context, v *server, short, long string) ([]Finding, error) {
	if !v.facts.LogBin {
		return none("the " + string(v.side) + " writes no binlog")
	}
	k, err := v.kept(ctx)
	switch {
	case err != nil:
		return nil, err
	case k.untold != "":
		return one(Info, "how long binlogs are kept is a setting of its own here, and could not be read: NULL means about as long as nothing needs them",
			k.untold, k.fix)
	case k.lazy:
		return one(Warn, "binlogs are purged as soon as nothing needs them: "+short, k.seen, k.fix)
	case k.time == 0:
		return nil, nil
	case k.time >= shortRetention:
		return one(Info, long, k.seen, "")
	}
	return one(Warn, "binlogs are kept for a short time: "+short, k.seen, k.fix)
}

// kept is how long a server keeps its binlogs.
type kept struct {
	// time is 0 for ever; lazy means until nothing is seen to need them.
	time time.Duration
	lazy bool
	// untold is why it is not known.
	untold    string
	seen, fix string
}

func (v *server) kept(ctx context.Context) (kept, error) {
	f := v.facts
	if fl := v.flavour(); fl == mysqldb.Aurora || fl == mysqldb.RDS {
		// The variable says nothing there, and the procedure that does is not for
		// every user.
		return v.keptByRDS(ctx)
	}
	k := kept{time: f.BinlogRetention, seen: fmt.Sprintf("binlogs are kept for %s", f.BinlogRetention)}
	k.fix = v.set("expire_logs_days", "7")
	if f.Version.AtLeast(8, 0, 0) {
		k.fix = v.set("binlog_expire_logs_seconds", "604800")
	}
	if i := v.instance(); i != nil {
		k.fix += "; " + gcloud(i, "instances patch", "--retained-transaction-log-days=7") + ": the shorter of the two counts"
		if days := time.Duration(i.TransactionLogDays) * 24 * time.Hour; days > 0 && (k.time == 0 || days < k.time) {
			k.time, k.seen = days, fmt.Sprintf("transactionLogRetentionDays is %d, binlog_expire_logs_seconds %d: the shorter of the two counts",
				i.TransactionLogDays, int64(f.BinlogRetention/time.Second))
		}
	} else if v.flavour() == mysqldb.CloudSQL {
		k.fix += ", and transactionLogRetentionDays=7: the shorter of the two counts"
	}
	return k, nil
}

// keptByRDS asks the procedure that tells it on Aurora and RDS.
func (v *server) keptByRDS(ctx context.Context) (kept, error) {
	k := kept{fix: "CALL mysql.rds_set_configuration('binlog retention hours', 168)"}
	hours, set, err := mysqldb.RDSConfiguration(ctx, v.db, "binlog retention hours")
	if _, answered := mysqldb.Code(err); answered && !mysqldb.IsLostConnection(err) {
		k.untold = err.Error()
		k.fix = "CALL mysql.rds_show_configuration; " + k.fix
		return k, nil
	}
	if err != nil {
		return k, err
	}
	k.lazy, k.time = !set || hours == 0, time.Duration(hours)*time.Hour
	k.seen = fmt.Sprintf("'binlog retention hours' is %d", hours)
	if !set {
		k.seen = "'binlog retention hours' is NULL"
	}
	return k, nil
}
