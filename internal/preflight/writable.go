package preflight

import (
	"context"

	"tandem/internal/mysqldb"
)

// checkWritable wants the writer of the target, not one of its readers.
func checkWritable(_ context.Context, s *state) ([]Finding, error) {
	f := &s.TargetFacts
	var evidence string
	switch {
	case f.InnoDBReadOnly:
		evidence = seen("innodb_read_only", "ON")
	case f.SuperReadOnly:
		evidence = seen("super_read_only", "ON")
	case f.ReadOnly && !s.targetGrants.HasGlobal("SUPER") && !s.targetGrants.HasGlobal("CONNECTION_ADMIN"):
		evidence = seen("read_only", "ON")
	default:
		return nil, nil
	}
	fix := "SET GLOBAL super_read_only=OFF, read_only=OFF, or name the server that takes writes"
	if f.Flavour == mysqldb.Aurora {
		fix = "use the cluster's writer endpoint, which follows a failover"
	}
	return one(Block, "the target takes no writes", evidence, fix)
}
