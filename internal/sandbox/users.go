package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// The users of a sandbox server. root exists on the private socket only and is
// for the sandbox itself. Everything else connects as one of these.
const (
	// UserTandem is whom tandem connects as.
	UserTandem = "tandem"
	// UserScala and UserRails are the applications'.
	UserScala = "app_scala"
	UserRails = "app_rails"
)

const cloudStatic = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, PROCESS, REFERENCES, INDEX, ALTER, " +
	"SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, " +
	"CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER"

// privileges are what the tandem user has in a role. Where the vendors'
// documentation leaves doubt, a privilege is left out: what works with less
// works with more. In particular nobody but root has SUPER, FILE, BINLOG_ADMIN,
// SYSTEM_VARIABLES_ADMIN, SESSION_VARIABLES_ADMIN or REPLICATION_APPLIER, so
// sql_log_bin and gtid_next cannot be set.
type privileges struct {
	// role is the cloud's role that carries the privileges from 8.0 on.
	role string
	// static privileges exist in every version.
	static string
	// dynamic privileges exist from 8.0 on.
	dynamic string
	// definer: it may make triggers, views and the like that run as somebody else,
	// from 8.0 on. Both clouds give it (SET_USER_ID in 8.0), for accounts that exist.
	definer bool
}

// setDefiner is what the privilege is called.
func setDefiner(i Install) string {
	if i.AtLeast(8, 2, 0) {
		return "SET_ANY_DEFINER"
	}
	return "SET_USER_ID"
}

func privilegesOf(role Role) privileges {
	switch role {
	case Source:
		// RELOAD allows FLUSH TABLES WITH READ LOCK, which works on Cloud SQL.
		return privileges{role: "cloudsqlsuperuser", static: cloudStatic + ", RELOAD",
			dynamic: "ROLE_ADMIN, XA_RECOVER_ADMIN", definer: true}
	case Target:
		// Aurora has RELOAD but refuses FLUSH TABLES WITH READ LOCK. Community
		// MySQL cannot tell them apart, so RELOAD is left out.
		return privileges{role: "rds_superuser_role", static: cloudStatic,
			dynamic: "CONNECTION_ADMIN, ROLE_ADMIN, XA_RECOVER_ADMIN", definer: true}
	default:
		return privileges{static: "ALL"}
	}
}

const applicationPrivileges = "SELECT, INSERT, UPDATE, DELETE, EXECUTE, CREATE TEMPORARY TABLES, LOCK TABLES, SHOW VIEW"

// userStatements create the users of a server. Passwords are hexadecimal, so
// they need no quoting; they never leave the private socket.
func userStatements(o Options) []string {
	p := privilegesOf(o.Role)
	roles := o.Install.AtLeast(8, 0, 0) && p.role != ""
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, user := range []string{UserTandem, UserScala, UserRails} {
		add("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", user, o.Password)
	}
	if roles {
		add("CREATE ROLE '%s'@'%%'", p.role)
		add("GRANT %s ON *.* TO '%s'@'%%' WITH GRANT OPTION", p.static, p.role)
		add("GRANT %s ON *.* TO '%s'@'%%' WITH GRANT OPTION", p.dynamic, p.role)
		if p.definer {
			add("GRANT %s ON *.* TO '%s'@'%%' WITH GRANT OPTION", setDefiner(o.Install), p.role)
		}
		add("GRANT '%s'@'%%' TO '%s'@'%%' WITH ADMIN OPTION", p.role, UserTandem)
		add("SET DEFAULT ROLE '%s'@'%%' TO '%s'@'%%'", p.role, UserTandem)
	} else {
		add("GRANT %s ON *.* TO '%s'@'%%' WITH GRANT OPTION", p.static, UserTandem)
	}
	for _, user := range []string{UserScala, UserRails} {
		add("GRANT %s ON *.* TO '%s'@'%%'", applicationPrivileges, user)
	}
	return out
}

// createUsers runs outside the binary log, so that a fresh server has no GTID.
func createUsers(ctx context.Context, db *sql.DB, o Options) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	exec := func(statement string) error {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("create users: %s: %w", strings.ReplaceAll(statement, o.Password, "***"), err)
		}
		return nil
	}
	if err := exec("SET SESSION sql_log_bin = 0"); err != nil {
		return err
	}
	// The ready-made 5.6 data directory has anonymous users, which would shadow
	// ours, and root without password from everywhere.
	rows, err := conn.QueryContext(ctx, "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user = '' OR (user = 'root' AND host <> 'localhost')")
	if err != nil {
		return fmt.Errorf("create users: %w", err)
	}
	var surplus []string
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return fmt.Errorf("create users: %w", err)
		}
		surplus = append(surplus, account)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("create users: %w", err)
	}
	for _, account := range surplus {
		if err := exec("DROP USER " + account); err != nil {
			return err
		}
	}
	for _, statement := range userStatements(o) {
		if err := exec(statement); err != nil {
			return err
		}
	}
	return nil
}
