package sandbox_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// What each user may and may not do, as the managed services have it.
func TestPrivileges(t *testing.T) {
	t.Parallel()
	const denied, allowed = false, true
	cases := []struct {
		name, user, statement    string
		source, source56, target bool
	}{
		{"leave no trace in the binary log", sandbox.UserTandem, "SET SESSION sql_log_bin = 0", denied, denied, denied},
		{"choose a GTID", sandbox.UserTandem, "SET SESSION gtid_next = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:1'", denied, denied, denied},
		{"set global variables", sandbox.UserTandem, "SET GLOBAL max_connections = 300", denied, denied, denied},
		{"make the server read-only", sandbox.UserTandem, "SET GLOBAL read_only = 1", denied, denied, denied},
		{"change the format of the binary log", sandbox.UserTandem, "SET SESSION binlog_row_image = 'MINIMAL'", denied, allowed, denied},
		{"read files of the server", sandbox.UserTandem, "SELECT 1 INTO OUTFILE '/nowhere/at/all'", denied, denied, denied},
		{"lock all tables", sandbox.UserTandem, "FLUSH TABLES WITH READ LOCK; UNLOCK TABLES", allowed, allowed, denied},
		{"remove binary logs", sandbox.UserTandem, "PURGE BINARY LOGS TO 'none'", denied, denied, denied},
		{"list binary logs", sandbox.UserTandem, "SHOW BINARY LOGS", allowed, allowed, allowed},
		{"make a database, table, trigger, view, procedure and event", sandbox.UserTandem, `CREATE DATABASE made; CREATE TABLE made.t (id INT PRIMARY KEY);
			CREATE TRIGGER made.g BEFORE INSERT ON made.t FOR EACH ROW SET NEW.id = NEW.id; CREATE VIEW made.v AS SELECT * FROM made.t;
			CREATE PROCEDURE made.p() SELECT 1; CREATE EVENT made.e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM made.t; DROP DATABASE made`, allowed, allowed, allowed},
		{"make a view that runs as somebody else", sandbox.UserTandem, "CREATE DEFINER='app_scala'@'%' VIEW shop.v AS SELECT 1; DROP VIEW shop.v", allowed, denied, allowed},
		{"make a view that runs as nobody", sandbox.UserTandem, "CREATE DEFINER='nobody'@'%' VIEW shop.v AS SELECT 1", denied, denied, denied},
		{"see everybody's sessions", sandbox.UserTandem, "SELECT COUNT(*) FROM information_schema.INNODB_TRX", allowed, allowed, allowed},
		{"make a user and give him rights", sandbox.UserTandem, "CREATE USER made IDENTIFIED BY 'x'; GRANT SELECT ON shop.* TO made; DROP USER made", allowed, allowed, allowed},
		{"write rows", sandbox.UserScala, "INSERT INTO shop.t VALUES (1); DELETE FROM shop.t", allowed, allowed, allowed},
		{"make a table", sandbox.UserRails, "CREATE TABLE shop.u (id INT)", denied, denied, denied},
		{"set global variables as an application", sandbox.UserRails, "SET GLOBAL max_connections = 300", denied, denied, denied},
	}
	current, old := sandboxtest.Pair(t), sandboxtest.Pair56(t)
	for _, server := range []struct {
		name string
		*sandbox.Server
	}{{"source", current.Source}, {"source 5.6", old.Source}, {"target", current.Target}} {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, server.Server, ""), "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)")
		for _, c := range cases {
			want := map[string]bool{"source": c.source, "source 5.6": c.source56, "target": c.target}[server.name]
			t.Run(server.name+"/"+c.name, func(t *testing.T) {
				config := server.Config(c.user, "")
				config.MultiStatements = true
				connector, err := mysql.NewConnector(config)
				if err != nil {
					t.Fatal(err)
				}
				db := sql.OpenDB(connector)
				defer db.Close()
				_, err = db.ExecContext(t.Context(), c.statement)
				var refusal *mysql.MySQLError
				switch {
				case want == allowed && err != nil:
					t.Errorf("%s is not allowed: %v", c.statement, err)
				case want == denied && err == nil:
					t.Errorf("%s is allowed", c.statement)
				case want == denied && (!errors.As(err, &refusal) || !accessDenied[refusal.Number]):
					t.Errorf("%s fails for another reason: %v", c.statement, err)
				}
			})
		}
	}
}

// accessDenied are the server's errors for missing privileges: on a user, a
// database, a table, and for an operation.
var accessDenied = map[uint16]bool{1044: true, 1045: true, 1142: true, 1227: true}
