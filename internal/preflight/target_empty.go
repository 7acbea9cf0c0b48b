package preflight

import (
	"context"
	"fmt"

	"tandem/internal/mysqldb"
)

// checkTargetEmpty wants target tables without rows before the copy begins.
func checkTargetEmpty(ctx context.Context, s *state) ([]Finding, error) {
	if s.Resume != nil {
		return none("the copy has begun")
	}
	var names []string
	fix := ""
	for _, t := range s.tables {
		rows, err := s.Target.QueryContext(ctx, "SELECT 1 FROM "+t.Quoted()+" LIMIT 1")
		if mysqldb.IsNoSuchTable(err) || mysqldb.IsAccessDenied(err) {
			continue // not there, or privileges-target says so
		}
		if err != nil {
			return nil, fmt.Errorf("look into %s of the target: %w", t.Name, err)
		}
		if rows.Next() {
			names = append(names, t.String())
			if fix == "" {
				fix = "TRUNCATE TABLE " + t.Quoted()
			}
		}
		if err := rows.Close(); err != nil {
			return nil, fmt.Errorf("look into %s of the target: %w", t.Name, err)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("look into %s of the target: %w", t.Name, err)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Block, "tables of the target have rows already, and nothing says that tandem has copied them", list(names),
		fix+" on the target, and so on, if these rows may go; or exclude the tables")
}
