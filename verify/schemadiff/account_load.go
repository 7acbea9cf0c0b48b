package schemadiff

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
)

// accounts are the accounts of a server. What proves who somebody is, is never
// asked for.
type accounts struct {
	all map[string]*account // by user@host
	// unreadable is why they could not be listed.
	unreadable string
	roles      bool // whether the server knows roles
}

// account is one of them.
type account struct {
	name   string // user@host
	user   string
	plugin string
	locked bool
	role   bool // granted to somebody
	// granted are the roles it has, login those which are active when it logs in.
	granted, login []string
	privileges     privileges
}

func (s *side) loadAccounts(ctx context.Context) error {
	a := &accounts{all: map[string]*account{}, roles: s.atLeast(8, 0, 0)}
	s.accounts = a
	locked := "'N'"
	if s.atLeast(5, 7, 6) {
		locked = "account_locked"
	}
	err := rows(ctx, s.db, func(r *sql.Rows) error {
		var user, host, plugin, locked string
		if err := r.Scan(&user, &host, &plugin, &locked); err != nil {
			return err
		}
		name := user + "@" + host
		a.all[name] = &account{name: name, user: user, plugin: plugin, locked: locked == "Y"}
		return nil
	}, "SELECT User, Host, COALESCE(plugin, ''), "+locked+" FROM mysql.user")
	if err == nil && a.roles {
		err = a.loadRoles(ctx, s.db)
	}
	if mysqldb.IsAccessDenied(err) {
		a.unreadable = err.Error()
		return nil
	}
	if err != nil {
		return fmt.Errorf("compare accounts: list those of the %s: %w", s.name, err)
	}
	return nil
}

func (a *accounts) loadRoles(ctx context.Context, db *sql.DB) error {
	err := rows(ctx, db, func(r *sql.Rows) error {
		var role, to string
		if err := r.Scan(&role, &to); err != nil {
			return err
		}
		if x := a.all[role]; x != nil {
			x.role = true
		}
		if x := a.all[to]; x != nil {
			x.granted = append(x.granted, role)
		}
		return nil
	}, "SELECT CONCAT(FROM_USER, '@', FROM_HOST), CONCAT(TO_USER, '@', TO_HOST) FROM mysql.role_edges ORDER BY 2, 1")
	if err != nil {
		return err
	}
	var always bool
	if err := db.QueryRowContext(ctx, "SELECT @@GLOBAL.activate_all_roles_on_login").Scan(&always); err != nil {
		return err
	}
	if always {
		for _, x := range a.all {
			x.login = x.granted
		}
		return nil
	}
	return rows(ctx, db, func(r *sql.Rows) error {
		var user, role string
		if err := r.Scan(&user, &role); err != nil {
			return err
		}
		if x := a.all[user]; x != nil && slices.Contains(x.granted, role) {
			x.login = append(x.login, role)
		}
		return nil
	}, "SELECT CONCAT(USER, '@', HOST), CONCAT(DEFAULT_ROLE_USER, '@', DEFAULT_ROLE_HOST) FROM mysql.default_roles ORDER BY 1, 2")
}

// loadGrants reads what an account may do when it has logged in, or what a role
// gives.
func (s *side) loadGrants(ctx context.Context, a *account) error {
	show := "SHOW GRANTS FOR " + quoteAccount(a.name)
	if len(a.login) > 0 {
		quoted := make([]string, len(a.login))
		for i, role := range a.login {
			quoted[i] = quoteAccount(role)
		}
		show += " USING " + strings.Join(quoted, ", ")
	}
	a.privileges = privileges{}
	err := rows(ctx, s.db, func(r *sql.Rows) error {
		var line string
		if err := r.Scan(&line); err != nil {
			return err
		}
		a.privileges.add(line, s.atLeast(8, 0, 0))
		return nil
	}, show)
	if err != nil {
		return fmt.Errorf("compare grants: show those of %s on the %s: %w", a.name, s.name, err)
	}
	return nil
}

// systemUsers belong to a server, a cloud, or the machine it runs on.
var systemUsers = []string{"", "root", "mysql.sys", "mysql.session", "mysql.infoschema", "debian-sys-maint", "mysqlxsys",
	"rds_superuser_role", "rdsadmin", "rdsrepladmin", "rdsproxyadmin", "rdstopmgr"}

// systemPrefixes begin the names of such users.
var systemPrefixes = []string{"mysql.", "cloudsql", "cloudiam", "rds_", "AWS_"}

func isSystem(user string) bool {
	return slices.Contains(systemUsers, user) ||
		slices.ContainsFunc(systemPrefixes, func(p string) bool { return strings.HasPrefix(user, p) })
}
