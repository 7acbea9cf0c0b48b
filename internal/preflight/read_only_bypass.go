package preflight

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkReadOnlyBypass tells who writes although read_only is on: whoever takes it
// for a fence must know. SUPER and CONNECTION_ADMIN count, roles included.
func checkReadOnlyBypass(ctx context.Context, _ *state, v *server) ([]Finding, error) {
	var all []Finding
	if !v.writesAlways() {
		all = append(all, Finding{Severity: Info, What: "tandem's user can not write while read_only is on: a fence of read_only would stop the link that writes here, too",
			Evidence: v.grants.User + " has neither SUPER nor CONNECTION_ADMIN",
			Fix:      "GRANT CONNECTION_ADMIN ON *.* TO " + account(v.grants.User) + " (MySQL 8.0 and later), or leave read_only out of the plan's fences"})
	}
	bypass, err := bypassing(ctx, v)
	if err != nil {
		found, err := hidden(err)
		return append(all, found...), err
	}
	if len(bypass) > 0 {
		all = append(all, Finding{Severity: Info, What: "accounts write even while read_only is on: guards hold them back, read_only does not",
			Evidence: "with SUPER or CONNECTION_ADMIN: " + list(bypass),
			Fix:      "let no application use them: ALTER USER … ACCOUNT LOCK, or revoke the privilege"})
	}
	return all, nil
}

// bypassing lists the accounts, but for tandem's and the server's own.
func bypassing(ctx context.Context, v *server) ([]string, error) {
	edges, err := roleEdges(ctx, v)
	if err != nil {
		return nil, err
	}
	rows, err := v.db.QueryContext(ctx, "SELECT DISTINCT GRANTEE FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE IN ('SUPER', 'CONNECTION_ADMIN')")
	if err != nil {
		return nil, fmt.Errorf("list privileged accounts: %w", err)
	}
	defer rows.Close()
	privileged := map[string]bool{}
	for rows.Next() {
		var grantee string
		if err := rows.Scan(&grantee); err != nil {
			return nil, fmt.Errorf("list privileged accounts: %w", err)
		}
		privileged[grantee] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list privileged accounts: %w", err)
	}
	for grown := true; grown; {
		grown = false
		for _, e := range edges {
			if privileged[e.role] && !privileged[e.to] {
				privileged[e.to], grown = true, true
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(privileged)), func(a string) bool {
		isRole := slices.ContainsFunc(edges, func(e edge) bool { return e.role == a })
		user := strings.TrimPrefix(a, "'")
		return isRole || a == account(v.grants.User) || strings.HasPrefix(user, "mysql.") || strings.HasPrefix(user, "cloudsql") ||
			strings.HasPrefix(user, "rdsadmin'") || a == "'root'@'localhost'"
	}), nil
}

// edge says that an account has a role.
type edge struct{ role, to string }

func roleEdges(ctx context.Context, v *server) ([]edge, error) {
	query := "SELECT CONCAT('''', FROM_USER, '''@''', FROM_HOST, ''''), CONCAT('''', TO_USER, '''@''', TO_HOST, '''') FROM mysql.role_edges"
	if !v.facts.Version.AtLeast(8, 0, 0) {
		query = "SELECT '', User FROM mysql.user LIMIT 0" // no roles, but whether others can be seen
	}
	rows, err := v.db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	defer rows.Close()
	var edges []edge
	for rows.Next() {
		var e edge
		if err := rows.Scan(&e.role, &e.to); err != nil {
			return nil, fmt.Errorf("list roles: %w", err)
		}
		edges = append(edges, e)
	}
	return edges, rows.Err()
}
