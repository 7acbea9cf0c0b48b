package preflight

import (
	"context"

	"tandem/internal/mysqldb"
)

// checkWritable wants the writer of the target, not one of its readers.
func checkWritable(_ context.Context, s *state) ([]Finding, error) {
	v := s.on(Target)
	evidence := v.takesNoWrites()
	if evidence == "" {
		return nil, nil
	}
	return one(Block, "the target takes no writes", evidence, v.letWrite())
}

// takesNoWrites tells why tandem's user can not write, empty if it can.
func (v *server) takesNoWrites() string {
	switch f := v.facts; {
	case f.InnoDBReadOnly:
		return seen("innodb_read_only", "ON")
	case f.SuperReadOnly:
		return seen("super_read_only", "ON")
	case f.ReadOnly && !v.writesAlways():
		return seen("read_only", "ON")
	}
	return ""
}

// writesAlways tells whether read_only does not bind tandem's user.
func (v *server) writesAlways() bool {
	return v.grants.HasGlobal("SUPER") || v.grants.HasGlobal("CONNECTION_ADMIN")
}

// letWrite says how a server is made to take writes.
func (v *server) letWrite() string {
	switch {
	case v.facts.InnoDBReadOnly && v.cluster() != nil:
		return "use the cluster's writer endpoint, which follows a failover: " + v.cluster().Writer
	case v.facts.InnoDBReadOnly:
		return "use the cluster's writer endpoint, which follows a failover"
	case v.flavour() == mysqldb.Aurora:
		return "CALL mysql.rds_set_read_only(0), or use the cluster's writer endpoint, which follows a failover"
	case v.flavour() == mysqldb.CloudSQL:
		return v.set("read_only", "off")
	}
	return "SET GLOBAL super_read_only=OFF, read_only=OFF, or name the server that takes writes"
}
