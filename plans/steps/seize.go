package steps

import (
	"context"
	"fmt"

	"tandem/internal/firing"
	"tandem/internal/ownership"
	"tandem/plans/runner"
)

// Seize makes a side the owner of the stage's groups without asking the other
// one, which is dead. It is a [runner.Seizer], and may be repeated.
//
// The link that writes this side is fenced first, so that nothing fires for what
// it still applies; what fires is made before writers are let in.
func Seize(ctx context.Context, r *runner.Run) ([]ownership.Record, error) {
	db, side := r.DB(r.To()), r.To()
	link := r.LinkName(runner.Into(side))
	if _, err := db.ExecContext(ctx, `UPDATE _tandem.checkpoint SET epoch = epoch + 1 WHERE link = ?`, link); err != nil {
		return nil, fmt.Errorf("fence link %s: %w", link, err)
	}
	records, err := ownership.Load(ctx, db, r.Migration)
	if err != nil {
		return nil, err
	}
	if err := firing.Prepare(ctx, db); err != nil {
		return nil, err
	}
	_, err = firing.Open(ctx, db, firing.Scope{
		Migration: r.Migration, Tables: r.AllTables(),
		Events: firing.EventDatabases(r.EveryTable(), r.Groups, func(g string) bool { return records[g].Owner != side }),
	})
	if err != nil {
		return nil, fmt.Errorf("open the %s: %w", side, err)
	}
	return ownership.TakeOver(ctx, db, r.Migration, side, r.Groups)
}
