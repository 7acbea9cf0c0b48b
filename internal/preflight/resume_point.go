package preflight

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
)

// checkResume wants the transactions that the forward link goes on with to be in
// the source's binlogs still.
func checkResume(ctx context.Context, s *state) ([]Finding, error) {
	return resume(ctx, s.on(Source), s.Resume, Block, "copy everything again: begin a migration under another name, or drop the target's tables and _tandem first")
}

// checkResumeBack is the same for the reverse link.
func checkResumeBack(ctx context.Context, s *state) ([]Finding, error) {
	return resume(ctx, s.on(Target), s.ResumeBack, Block, "there is no way back without a new copy: settle that before anything else is handed over")
}

func resume(ctx context.Context, v *server, at *change.GTIDSet, severity Severity, fix string) ([]Finding, error) {
	if at == nil {
		return none("the link has not begun")
	}
	purged, err := mysqldb.Purged(ctx, v.db)
	if err != nil {
		return nil, err
	}
	if gone := purged.Subtract(*at); !gone.IsEmpty() {
		return one(severity, "transactions that have not been applied are gone from the "+string(v.side)+"'s binlogs",
			fmt.Sprintf("%d transactions are purged and not applied: %.200s", gone.Count(), gone), fix)
	}
	// The checkpoint may hold a transaction for a moment before it counts as executed.
	wait, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := mysqldb.WaitExecuted(wait, v.db, *at); err == nil {
		return nil, nil
	} else if ctx.Err() != nil || wait.Err() == nil {
		return nil, err
	}
	executed, err := mysqldb.Executed(ctx, v.db)
	if err != nil {
		return nil, err
	}
	lacks := at.Subtract(executed)
	if lacks.IsEmpty() {
		return nil, nil
	}
	return one(severity, "the "+string(v.side)+" lacks transactions that were applied: it is another server, or was restored from a backup",
		fmt.Sprintf("%d transactions are applied and not executed: %.200s", lacks.Count(), lacks), fix)
}
