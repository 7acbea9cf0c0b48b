package mysqldb

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Grants are the privileges that a session has, with those of its active roles
// and without what was revoked in part.
type Grants struct {
	// User is the account that the session runs as: user@host.
	User string
	// Roles are the active roles, as the server writes them; Inactive are
	// granted but not active.
	Roles    []string
	Inactive []string
	grants   []grant
}

// grant is one line of SHOW GRANTS.
type grant struct {
	revoked bool
	privs   []string // upper case; ALL PRIVILEGES for all
	schema  string   // a pattern, as GRANT takes it; * for all
	table   string   // * for all
}

// LoadGrants asks what the session's user may do.
func LoadGrants(ctx context.Context, db *sql.DB) (Grants, error) {
	var g Grants
	if err := db.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&g.User); err != nil {
		return g, fmt.Errorf("read grants: %w", err)
	}
	show := "SHOW GRANTS FOR CURRENT_USER()"
	var roles sql.NullString
	// Servers before 8.0 know no roles: an error means none.
	if err := db.QueryRowContext(ctx, "SELECT CURRENT_ROLE()").Scan(&roles); err == nil &&
		roles.Valid && roles.String != "" && !strings.EqualFold(roles.String, "NONE") {
		g.Roles = splitTop(roles.String)
		show += " USING " + roles.String
	}
	rows, err := db.QueryContext(ctx, show)
	if err != nil {
		return g, fmt.Errorf("read grants of %s: %w", g.User, err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return g, fmt.Errorf("read grants of %s: %w", g.User, err)
		}
		g.add(line)
	}
	if err := rows.Err(); err != nil {
		return g, fmt.Errorf("read grants of %s: %w", g.User, err)
	}
	return g, nil
}

// add takes in one line of SHOW GRANTS. What it does not know gives nothing.
func (g *Grants) add(line string) {
	line = strings.TrimSpace(line)
	var w grant
	var rest string
	switch {
	case strings.HasPrefix(line, "GRANT "):
		rest = line[len("GRANT "):]
	case strings.HasPrefix(line, "REVOKE "):
		rest, w.revoked = line[len("REVOKE "):], true
	default:
		return
	}
	what, on, isPrivilege := cutTop(rest, " ON ")
	if !isPrivilege {
		what, _, _ = cutTop(rest, " TO ")
		for _, role := range splitTop(what) {
			if !slices.Contains(g.Roles, role) {
				g.Inactive = append(g.Inactive, role)
			}
		}
		return
	}
	object, _, ok := cutTop(on, " TO ")
	if !ok {
		object, _, _ = cutTop(on, " FROM ")
	}
	for _, kind := range []string{"FUNCTION ", "PROCEDURE ", "TABLE ", "LIBRARY "} {
		if kind != "TABLE " && strings.HasPrefix(object, kind) {
			return
		}
		object = strings.TrimPrefix(object, kind)
	}
	schema, table, ok := cutTop(object, ".")
	if !ok {
		return // PROXY ON 'user'@'host'
	}
	w.schema, w.table = unquote(schema), unquote(table)
	for _, p := range splitTop(what) {
		// A privilege on single columns is none on the table.
		if !strings.Contains(p, "(") {
			w.privs = append(w.privs, strings.ToUpper(strings.TrimSpace(p)))
		}
	}
	g.grants = append(g.grants, w)
}

// HasGlobal tells whether the session has a privilege on everything.
func (g *Grants) HasGlobal(priv string) bool {
	return slices.ContainsFunc(g.grants, func(w grant) bool {
		return !w.revoked && w.schema == "*" && w.gives(priv)
	})
}

// Has tells whether the session has a privilege on a table. An empty table
// means the whole schema.
func (g *Grants) Has(priv, schema, table string) bool {
	global := g.HasGlobal(priv)
	for _, w := range g.grants {
		if w.schema == "*" || !w.gives(priv) {
			continue
		}
		switch {
		case w.revoked && w.schema == schema:
			global = false
		case w.revoked:
		case w.table == "*" && matchSchema(w.schema, schema):
			return true
		case w.table != "*" && w.table == table && w.schema == schema:
			return true
		}
	}
	return global
}

func (w *grant) gives(priv string) bool {
	return slices.Contains(w.privs, priv) ||
		slices.Contains(w.privs, "ALL PRIVILEGES") && priv != "GRANT OPTION"
}

// matchSchema matches the pattern of a database-level grant: % and _, each of
// which a backslash makes plain.
func matchSchema(pattern, name string) bool {
	if pattern == name {
		return true
	}
	var re strings.Builder
	re.WriteString("(?s)^")
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			re.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			re.WriteString(".*")
		case r == '_':
			re.WriteString(".")
		default:
			re.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	re.WriteString("$")
	ok, err := regexp.MatchString(re.String(), name)
	return err == nil && ok
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '`' && s[len(s)-1] == '`' {
		return strings.ReplaceAll(s[1:len(s)-1], "``", "`")
	}
	return s
}

// cutTop cuts s around the first sep that is outside quotes and parentheses.
func cutTop(s, sep string) (before, after string, found bool) {
	if i := indexTop(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// splitTop splits s at the commas outside quotes and parentheses.
func splitTop(s string) []string {
	var parts []string
	for {
		i := indexTop(s, ",")
		if i < 0 {
			return append(parts, strings.TrimSpace(s))
		}
		parts = append(parts, strings.TrimSpace(s[:i]))
		s = s[i+1:]
	}
}

func indexTop(s, sep string) int {
	var quote byte
	depth := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			continue
		case depth == 0 && strings.HasPrefix(s[i:], sep):
			return i
		case c == '`' || c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
	}
	return -1
}
