package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/sandbox"
)

// native is MySQL's own replication with some of its settings.
type native struct {
	name    string
	workers int
	// unordered lets workers commit in another order than the source's.
	unordered bool
	// unlogged leaves replicated changes out of the target's binlog: nothing
	// can then replicate from it, so it is for comparison only.
	unlogged bool
}

// natives are those that take part: as it comes, and at its best.
func natives() []native {
	return []native{
		{name: "native-4", workers: 4},
		{name: "native-16-unordered", workers: 16, unordered: true},
		{name: "native-best", workers: 16, unordered: true, unlogged: true},
		{name: "native-1", workers: 1},
	}
}

// args are the options that cannot be set while the server runs.
func (n native) args() []string {
	if n.unlogged {
		return []string{"--log-replica-updates=OFF"}
	}
	return nil
}

// prepare makes the target a replica that stands at a position of the source.
func (n native) prepare(ctx context.Context, p pair, at change.GTIDSet) error {
	db, err := p.target.RootDB()
	if err != nil {
		return err
	}
	order := "ON"
	if n.unordered {
		order = "OFF"
	}
	reset := "RESET BINARY LOGS AND GTIDS"
	if !p.target.Install().AtLeast(8, 2, 0) {
		reset = "RESET MASTER"
	}
	err = all(ctx, db, reset,
		fmt.Sprintf("SET GLOBAL gtid_purged = '%s'", at),
		fmt.Sprintf("SET GLOBAL replica_parallel_workers = %d", n.workers),
		"SET GLOBAL replica_preserve_commit_order = "+order,
		fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '%s', SOURCE_PORT = %d, SOURCE_USER = '%s', SOURCE_PASSWORD = '%s', SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1",
			p.source.Host(), p.source.Port, sandbox.UserTandem, p.source.Password()))
	if err != nil {
		return fmt.Errorf("set up native replication: %w", err)
	}
	return nil
}

// drain times the replica from its start until it has the goal.
func (n native) drain(ctx context.Context, p pair, goal change.GTIDSet) (Measure, error) {
	db, err := p.target.RootDB()
	if err != nil {
		return Measure{}, err
	}
	meter := startMeter(p.source, p.target)
	if err := all(ctx, db, "START REPLICA"); err != nil {
		return Measure{}, err
	}
	for {
		waited, err := column[int](ctx, db, fmt.Sprintf("SELECT WAIT_FOR_EXECUTED_GTID_SET('%s', 2)", goal))
		if err != nil {
			return Measure{}, err
		}
		if waited[0] == 0 {
			took, cpu := meter.read()
			return Measure{Seconds: took.Seconds(), CPU: cpu}, nil
		}
		if err := replicaError(ctx, db); err != nil {
			return Measure{}, err
		}
	}
}

// replicaError is what stopped the replica, if anything did.
func replicaError(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SHOW REPLICA STATUS")
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil || !rows.Next() {
		return errors.Join(errors.New("the target is no replica"), err, rows.Err())
	}
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for n := range values {
		into[n] = &values[n]
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	for n, name := range names {
		if (name == "Last_IO_Error" || name == "Last_SQL_Error") && values[n].String != "" {
			return fmt.Errorf("native replication: %s: %s", name, values[n].String)
		}
	}
	return nil
}
