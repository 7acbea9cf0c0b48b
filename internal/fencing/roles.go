package fencing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
)

// roleGraph is who holds which roles.
type roleGraph struct {
	held map[Account][]Role // by the account, or role, that holds them
	// mandatory are held by everybody.
	mandatory []Account
}

func (s *session) version(ctx context.Context) (mysqldb.Version, error) {
	var text string
	if err := s.QueryRowContext(ctx, "SELECT VERSION()").Scan(&text); err != nil {
		return mysqldb.Version{}, fmt.Errorf("read the version: %w", err)
	}
	return mysqldb.ParseVersion(text)
}

// loadRoles reads all roles; servers before 8.0 have none.
func (s *session) loadRoles(ctx context.Context) (*roleGraph, error) {
	g := &roleGraph{held: map[Account][]Role{}}
	if !s.facts.Version.AtLeast(8, 0, 0) {
		return g, nil
	}
	rows, err := s.QueryContext(ctx, `SELECT e.TO_USER, e.TO_HOST, e.FROM_USER, e.FROM_HOST, e.WITH_ADMIN_OPTION = 'Y', d.USER IS NOT NULL
FROM mysql.role_edges e LEFT JOIN mysql.default_roles d
  ON d.USER = e.TO_USER AND d.HOST = e.TO_HOST AND d.DEFAULT_ROLE_USER = e.FROM_USER AND d.DEFAULT_ROLE_HOST = e.FROM_HOST
ORDER BY 1, 2, 3, 4`)
	if err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Role
		if err := rows.Scan(&r.Account.User, &r.Account.Host, &r.Role.User, &r.Role.Host, &r.Admin, &r.Default); err != nil {
			return nil, fmt.Errorf("read the roles: %w", err)
		}
		g.held[r.Account] = append(g.held[r.Account], r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	var mandatory string
	if err := s.QueryRowContext(ctx, "SELECT @@GLOBAL.mandatory_roles").Scan(&mandatory); err != nil {
		return nil, fmt.Errorf("read mandatory_roles: %w", err)
	}
	for _, text := range strings.Split(mandatory, ",") {
		if text = strings.TrimSpace(strings.NewReplacer("`", "", "'", "", `"`, "").Replace(text)); text == "" {
			continue
		}
		role := parseAccount(text)
		if role.Host == "" {
			role.Host = "%"
		}
		g.mandatory = append(g.mandatory, role)
	}
	return g, nil
}

// closure returns a role and all that it holds.
func (g *roleGraph) closure(role Account) []Account {
	all := []Account{role}
	for i := 0; i < len(all); i++ {
		for _, r := range g.held[all[i]] {
			if !slices.Contains(all, r.Role) {
				all = append(all, r.Role)
			}
		}
	}
	return all
}

// writingRoles returns the roles of an account with which it can write the
// groups, directly or through roles of theirs. Whether a role is active does not
// matter: the account can make it so.
func (s *session) writingRoles(ctx context.Context, g *roleGraph, sc *scope, a Account) ([]Role, error) {
	var out []Role
	for _, r := range g.held[a] {
		writes, err := s.roleWrites(ctx, g, sc, r.Role)
		if err != nil {
			return nil, err
		}
		if !writes {
			continue
		}
		if err := s.plain(ctx, g, r.Role); err != nil {
			return nil, &RefusedError{Kind: Grants, Why: fmt.Sprintf("%s can write through role %s, and %v", a, r.Role, err),
				What: "use another fence, or an account of the application's own that administers nothing"}
		}
		out = append(out, r)
	}
	for _, role := range g.mandatory {
		writes, err := s.roleWrites(ctx, g, sc, role)
		if err != nil {
			return nil, err
		}
		if writes {
			return nil, &RefusedError{Kind: Grants, Why: fmt.Sprintf("everybody can write through role %s, which is mandatory", role),
				What: "take it off mandatory_roles, or use another fence"}
		}
	}
	return out, nil
}

func (s *session) roleWrites(ctx context.Context, g *roleGraph, sc *scope, role Account) (bool, error) {
	for _, one := range g.closure(role) {
		r, err := s.rightsOf(ctx, one)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(r.global, func(name string) bool { return slices.Contains(writing(), name) && name != "EXECUTE" }) ||
			slices.ContainsFunc(r.single, func(p Privilege) bool { return sc.has(&p) }) {
			return true, nil
		}
	}
	return false, nil
}

// plain makes sure that a role is about data alone. No other is ever given to
// anybody because a record says so.
func (s *session) plain(ctx context.Context, g *roleGraph, role Account) error {
	data := append(writing(), "USAGE", "SELECT", "SHOW DATABASES", "SHOW VIEW", "CREATE TEMPORARY TABLES", "LOCK TABLES",
		"REFERENCES", "CREATE VIEW", "CREATE ROUTINE", "ALTER ROUTINE")
	for _, one := range g.closure(role) {
		r, err := s.rightsOf(ctx, one)
		if err != nil {
			return err
		}
		for _, name := range r.global {
			if !slices.Contains(data, name) {
				return fmt.Errorf("that role administers the server (%s)", name)
			}
		}
	}
	return nil
}

// give is the statement that gives the role.
func (r *Role) give() string {
	s := "GRANT " + r.Role.quoted() + " TO " + r.Account.quoted()
	if r.Admin {
		s += " WITH ADMIN OPTION"
	}
	return s
}

// giveRoles gives back the roles that are not there, and makes those active at
// log-in that were.
func (s *session) giveRoles(ctx context.Context, roles []Role) error {
	if len(roles) == 0 {
		return nil
	}
	g, err := s.loadRoles(ctx)
	if err != nil {
		return err
	}
	for _, r := range roles {
		for _, a := range []Account{r.Account, r.Role} {
			there, err := s.exists(ctx, a)
			if err != nil {
				return err
			}
			if !there {
				r.Role = Account{} // one of the two has been dropped since
			}
		}
		if r.Role == (Account{}) {
			continue
		}
		if err := s.plain(ctx, g, r.Role); err != nil {
			return fmt.Errorf("give role %s to %s: %w", r.Role, r.Account, err)
		}
		if err := s.exec(ctx, r.give()); err != nil {
			return err
		}
		if !r.Default {
			continue
		}
		defaults := []Account{r.Role}
		for _, h := range g.held[r.Account] {
			if h.Default {
				defaults = union(defaults, []Account{h.Role})
			}
		}
		g.held[r.Account] = append(g.held[r.Account], r)
		if err := s.exec(ctx, "ALTER USER "+r.Account.quoted()+" DEFAULT ROLE "+list(defaults)); err != nil {
			return err
		}
	}
	return nil
}
