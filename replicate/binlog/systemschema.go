package binlog

import "strings"

// ownSchema is the schema that tandem keeps its state in.
const ownSchema = "_tandem"

// systemSchema tells whether a schema can never hold replicated tables: the
// server's own and tandem's. The clouds write heartbeats to mysql.*.
func systemSchema(name string) bool {
	switch strings.ToLower(name) {
	case "mysql", "sys", "performance_schema", "information_schema", ownSchema:
		return true
	}
	return false
}
