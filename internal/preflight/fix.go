package preflight

import (
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
)

// set says how to set a system variable on a server, for good.
func (v *server) set(name, value string) string {
	switch {
	case v.instance() != nil:
		return setFlag(v.instance(), name, value)
	case v.cluster() != nil:
		return v.setParameter(name, value)
	}
	f := v.facts
	switch f.Flavour {
	case mysqldb.CloudSQL:
		return fmt.Sprintf("set the database flag %s=%s on the instance "+
			"(gcloud sql instances patch --database-flags replaces the whole list: name the flags that are set already, too)", name, value)
	case mysqldb.Aurora:
		return fmt.Sprintf("set %s=%s in the DB cluster parameter group, and reboot the writer if the parameter is static", name, value)
	case mysqldb.RDS:
		return fmt.Sprintf("set %s=%s in the DB parameter group, and reboot if the parameter is static", name, value)
	}
	if f.Version.AtLeast(8, 0, 0) {
		return fmt.Sprintf("SET PERSIST %s = %s", name, quoted(value))
	}
	return fmt.Sprintf("SET GLOBAL %s = %s, and the same in the server's option file", name, quoted(value))
}

// setAtStart is set for variables that a running server does not change.
func (v *server) setAtStart(name, value string) string {
	switch v.flavour() {
	case mysqldb.CloudSQL, mysqldb.Aurora, mysqldb.RDS:
		return v.set(name, value)
	}
	return fmt.Sprintf("write %s=%s into the server's option file and restart it", name, value)
}

func quoted(value string) string {
	if value != "" && strings.Trim(value, "0123456789") == "" {
		return value
	}
	return "'" + value + "'"
}

// seen writes a variable and its value.
func seen(name string, value any) string {
	if value == "" {
		value = "(empty)"
	}
	return fmt.Sprintf("%s is %v", name, value)
}

// list names the first few of many.
func list(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
