package preflight

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// A privilege is tried out with a statement about something that is not there: a
// server looks at rights first, so it says either that the user may not, or that
// there is no such thing. Nothing is changed, and nothing gets into a binlog. The
// names are made up anew each time, so that there is no such thing for certain.
var probes = map[string]string{
	"SELECT":        "SELECT 1 FROM {it} LIMIT 0",
	"INSERT":        "INSERT INTO {it} VALUES (1)",
	"UPDATE":        "UPDATE {it} SET a=1 WHERE 0",
	"DELETE":        "DELETE FROM {it} WHERE 0",
	"CREATE":        "CREATE TABLE {it} LIKE {other}",
	"DROP":          "DROP TABLE {it}",
	"ALTER":         "ALTER TABLE {it} COMMENT=''",
	"INDEX":         "CREATE INDEX a ON {it} (a)",
	"TRIGGER":       "CREATE TRIGGER {it} BEFORE INSERT ON {other} FOR EACH ROW SET @tandem_none=1",
	"LOCK TABLES":   "LOCK TABLES {it} READ",
	"EVENT":         "DROP EVENT {it}",
	"CREATE VIEW":   "CREATE VIEW {it} AS SELECT 1 FROM {other}",
	"ALTER ROUTINE": "DROP PROCEDURE {it}",
}

// outcome is what came of trying.
type outcome int

const (
	unclear outcome = iota // not tried, or the server refused for another reason
	may
	mayNot
)

// Errors that say that there is no such thing: so the user may. Errors that say
// that the user may not.
var (
	saysAbsent = map[uint16]bool{1049: true, 1051: true, 1109: true, 1146: true, 1305: true, 1360: true, 1539: true}
	saysDenied = map[uint16]bool{1044: true, 1142: true, 1143: true, 1227: true, 1370: true}
)

// try tries a privilege out. An error is one of the connection.
func (v *server) try(ctx context.Context, conn *sql.Conn, privilege, database string) (outcome, error) {
	statement, known := probes[privilege]
	switch {
	case database != "" && known:
		absent := func() string { return schema.Name{Schema: database, Table: "_tandem_none_" + rand.Text()}.Quoted() }
		statement = strings.NewReplacer("{it}", absent(), "{other}", absent()).Replace(statement)
	case database == "" && privilege == "REPLICATION CLIENT":
		statement = "SHOW BINARY LOGS"
	case database == "" && privilege == "REPLICATION SLAVE":
		statement = "SHOW SLAVE HOSTS"
		if v.facts.Version.AtLeast(8, 0, 22) {
			statement = "SHOW REPLICAS"
		}
	default:
		return unclear, nil
	}
	_, err := conn.ExecContext(ctx, statement)
	code, answered := mysqldb.Code(err)
	switch {
	case err == nil:
		return may, nil
	case !answered || mysqldb.IsLostConnection(err):
		return unclear, fmt.Errorf("try %s: %w", privilege, err)
	case saysDenied[code]:
		return mayNot, nil
	case saysAbsent[code]:
		return may, nil
	}
	return unclear, nil
}

// refused returns those of the privileges, each as PRIVILEGE ON object, that the
// server does not turn out to give.
func (v *server) refused(ctx context.Context, missing []string) ([]string, error) {
	if len(missing) == 0 || v.db == nil {
		return missing, nil
	}
	conn, err := v.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var left []string
	for _, m := range missing {
		privilege, database := parseGrant(m)
		o, err := v.try(ctx, conn, privilege, database)
		if err != nil {
			return nil, err
		}
		if o != may {
			left = append(left, m)
		}
	}
	return left, nil
}

// parseGrant takes PRIVILEGE ON `database`.* apart; *.* is no database.
func parseGrant(text string) (privilege, database string) {
	privilege, object, _ := strings.Cut(text, " ON ")
	if object == "*.*" {
		return privilege, ""
	}
	database = strings.TrimSuffix(strings.TrimPrefix(object, "`"), "`.*")
	return privilege, strings.ReplaceAll(database, "``", "`")
}
