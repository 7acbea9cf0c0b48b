package cli

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/retention"
	"tandem/plans/runner"
	"tandem/replicate"
)

// binlogs tells how long each side keeps what the links still need.
type binlogs struct {
	clouds *clouds
	cfg    *config.Config
	links  replicate.Config
}

// Left implements [runner.Retention].
func (b binlogs) Left(ctx context.Context, side ownership.Side) (retention.Left, error) {
	reads, e, in := b.links, b.links.Source, b.cfg.Source.Endpoint
	if side == ownership.Target {
		reads, e, in = b.links.Opposite(), b.links.Target, b.cfg.Target
	}
	st, err := replicate.ReadStatus(ctx, reads)
	if err != nil {
		return retention.Left{}, err
	}
	if st.Applied.GTID == "" {
		// Nothing is read from it yet, or nothing ever is.
		return retention.Left{Policy: retention.Policy{Forever: true, From: "no link has a position in its log"}, At: time.Now()}, nil
	}
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return retention.Left{}, err
	}
	defer db.Close()
	return b.left(ctx, db, in, st.Applied)
}

func (b binlogs) left(ctx context.Context, db *sql.DB, in config.Endpoint, at replicate.Applied) (retention.Left, error) {
	var days int64
	if in.CloudSQL != nil {
		client, err := b.clouds.gcp(ctx)
		if err != nil {
			return retention.Left{}, err
		}
		instance, err := client.Instance(ctx, in.CloudSQL.Instance)
		if err != nil {
			return retention.Left{}, fmt.Errorf("look up transactionLogRetentionDays: %w", err)
		}
		days = instance.TransactionLogDays
	}
	return retention.Ask(ctx, db, retention.Position{Executed: at.GTID, Committed: at.Committed}, days, time.Now())
}

// retentionTime bounds what status asks about binlogs.
const retentionTime = 10 * time.Second

// retention says which side is about to purge what a link still needs.
func (e linkEngine) retention(ctx context.Context, c *config.Config) []ui.Retention {
	cfg, err := linkConfig(c, e.clouds)
	if err != nil {
		return nil // said elsewhere
	}
	ctx, cancel := context.WithTimeout(ctx, retentionTime)
	defer cancel()
	var list []ui.Retention
	for _, side := range []ownership.Side{ownership.Source, ownership.Target} {
		left, err := binlogs{e.clouds, c, cfg}.Left(ctx, side)
		if err != nil {
			continue // a side that can not be asked is told of elsewhere
		}
		if one, worth := viewRetention(side, left); worth {
			list = append(list, one)
		}
	}
	return list
}

// viewRetention is a line where little is left: under a day a notice, under six
// hours an alarm.
func viewRetention(side ownership.Side, l retention.Left) (ui.Retention, bool) {
	r := ui.Retention{Side: string(side), Says: l.String(), LeftSeconds: l.For.Seconds(), Raise: l.Raise}
	switch {
	case l.Purged:
		r.Level, r.Raise = ui.RetentionLost, ""
	case l.Lazy, !l.Above(retention.Alarm):
		r.Level = ui.RetentionAlarm
	case !l.Above(retention.Notice):
		r.Level = ui.RetentionNotice
	default:
		return r, false
	}
	return r, true
}

var _ runner.Retention = binlogs{}
