package preflight

import (
	"context"
	"fmt"
	"strconv"
)

// usualConnections is what tandem holds on a side when nothing else is said.
const usualConnections = 32

// checkConnections wants room for tandem's connections beside the applications'.
func checkConnections(ctx context.Context, s *state, v *server) ([]Finding, error) {
	var name string
	var used int
	// Without the right to see others' connections this still tells all of them.
	if err := v.db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Threads_connected'").Scan(&name, &used); err != nil {
		return hidden(fmt.Errorf("count connections: %w", err))
	}
	wanted := s.Connections
	if wanted == 0 {
		wanted = usualConnections
	}
	most := v.facts.MaxConnections
	if most == 0 || most-used >= wanted {
		return nil, nil
	}
	return one(Warn, "there may be too few connections for tandem beside the applications'",
		fmt.Sprintf("max_connections is %d, %d are in use, tandem takes up to %d", most, used, wanted), v.set("max_connections", strconv.Itoa(used+2*wanted)))
}
