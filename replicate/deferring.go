package replicate

import (
	"context"
	"fmt"
	"sync"

	"tandem/internal/catalog"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate/copier"
)

// deferFrom is how many rows a table has for which making its indexes after the
// copy is worth the trouble.
const deferFrom = 5000

// deferring tells which tables are made without their secondary indexes, and
// keeps which those are with the rest of the state.
func (s *session) deferring(ctx context.Context) (catalog.Deferring, error) {
	// An earlier attempt to begin may have been interrupted.
	kept, err := copier.Deferrals(ctx, s.target, s.cfg.Name())
	if err != nil && !mysqldb.IsNoSuchTable(err) {
		return catalog.Deferring{}, fmt.Errorf("look for tables without their indexes: %w", err)
	}
	// The state is made as late as can be: after everything that can refuse.
	create := sync.OnceValue(func() error { return s.createState(ctx) })
	from := s.cfg.DeferFrom
	if from == 0 {
		from = deferFrom
	}
	return catalog.Deferring{
		MinRows: from,
		Keep: func(ctx context.Context, d catalog.Deferral) error {
			if err := create(); err != nil {
				return err
			}
			return copier.KeepDeferral(ctx, s.target, s.cfg.Name(), d)
		},
		Kept: func(n schema.Name) bool { return kept[n] },
	}, nil
}
