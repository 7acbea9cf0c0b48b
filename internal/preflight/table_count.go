package preflight

import (
	"context"
	"fmt"
)

// manyTables is how many tables take long to look at, on any server.
const manyTables = 10_000

// checkTableCount tells of databases with very many tables.
func checkTableCount(_ context.Context, s *state) ([]Finding, error) {
	if len(s.tables) <= manyTables {
		return nil, nil
	}
	return one(Warn, "there are very many tables: reading their definitions takes long, at each start", fmt.Sprintf("%d tables", len(s.tables)),
		"exclude tables that need not be moved, or move databases one after the other, with a tandem.yaml each")
}
