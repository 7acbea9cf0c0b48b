package schemadiff

import (
	"slices"
	"strings"

	"tandem/internal/sqltoken"
)

// privileges are what an account may do: for each object, in the form in which
// GRANT takes it, the set of privileges. A privilege on columns is one for each
// column: SELECT (`a`). One that is taken away from a database again has
// "REVOKE " before it.
type privileges map[string]map[string]bool

// The privileges that ALL stands for, of each sort of object. Of all of them
// that there are on a server, current versions name each.
var (
	onTable = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER",
		"CREATE VIEW", "SHOW VIEW", "TRIGGER"}
	onDatabase = append([]string{"CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE ROUTINE",
		"ALTER ROUTINE", "EVENT"}, onTable...)
	onServer = append([]string{"RELOAD", "SHUTDOWN", "PROCESS", "FILE", "SHOW DATABASES", "SUPER",
		"REPLICATION SLAVE", "REPLICATION CLIENT", "CREATE USER", "CREATE TABLESPACE"}, onDatabase...)
	onRoutine = []string{"EXECUTE", "ALTER ROUTINE"}
)

// add takes in one line of SHOW GRANTS. Of what follows the account, where old
// servers write the hash of its password, nothing is kept.
func (p privileges) add(line string, modern bool) {
	tokens := sqltoken.Cut(line)
	if len(tokens) == 0 {
		return
	}
	revoked := tokens[0].Is("REVOKE")
	if !revoked && !tokens[0].Is("GRANT") {
		return
	}
	on := sqltoken.Find(tokens, 1, 0, "ON")
	if on < 0 {
		return // a role
	}
	to := sqltoken.Find(tokens, on, 0, "TO")
	if revoked {
		to = sqltoken.Find(tokens, on, 0, "FROM")
	}
	if to < 0 {
		return
	}
	object := grantObject(tokens[on+1 : to])
	list := grantList(tokens[1:on])
	if object == "" || slices.Contains(list, "PROXY") {
		return
	}
	if sqltoken.Find(tokens, to, 0, "WITH", "GRANT", "OPTION") >= 0 {
		list = append(list, "GRANT OPTION")
	}
	if p[object] == nil {
		p[object] = map[string]bool{}
	}
	for _, one := range list {
		for _, each := range expand(one, object, modern) {
			if revoked {
				each = "REVOKE " + each
			}
			p[object][each] = true
		}
	}
}

// grantObject writes the object as GRANT takes it: `shop`.*, or PROCEDURE
// `shop`.`p`. It is empty for what is none.
func grantObject(tokens []sqltoken.Token) string {
	var kind string
	var parts []string
	for _, t := range tokens {
		switch {
		case t.Kind == sqltoken.Name, t.Is("*"):
			parts = append(parts, t.Text)
		case t.Kind == sqltoken.Word && !t.Is("TABLE"):
			kind = strings.ToUpper(t.Text) + " "
		}
	}
	if len(parts) != 2 {
		return ""
	}
	return kind + parts[0] + "." + parts[1]
}

// grantList returns the privileges of a line, those on columns one by one.
func grantList(tokens []sqltoken.Token) []string {
	var all []string
	privilege := ""
	var columns []string
	end := func() {
		if len(columns) == 0 && privilege != "" {
			all = append(all, privilege)
		}
		for _, c := range columns {
			all = append(all, privilege+" ("+c+")")
		}
		privilege, columns = "", nil
	}
	for _, t := range tokens {
		switch {
		case t.Depth == 0 && t.Is(","):
			end()
		case t.Depth == 0 && t.Kind == sqltoken.Word && privilege != "":
			privilege += " " + strings.ToUpper(t.Text)
		case t.Depth == 0 && t.Kind == sqltoken.Word:
			privilege = strings.ToUpper(t.Text)
		case t.Depth == 1 && (t.Kind == sqltoken.Name || t.Kind == sqltoken.Word):
			columns = append(columns, "`"+strings.ReplaceAll(sqltoken.Unquote(t.Text), "`", "``")+"`")
		}
	}
	end()
	return all
}

// expand says what a privilege stands for.
func expand(privilege, object string, modern bool) []string {
	if privilege == "USAGE" {
		return nil
	}
	if privilege != "ALL PRIVILEGES" && privilege != "ALL" {
		return []string{privilege}
	}
	switch {
	case object == "*.*" && modern:
		return append([]string{"CREATE ROLE", "DROP ROLE"}, onServer...)
	case object == "*.*":
		return onServer
	case strings.HasPrefix(object, "PROCEDURE "), strings.HasPrefix(object, "FUNCTION "):
		return onRoutine
	case strings.HasSuffix(object, ".*"):
		return onDatabase
	}
	return onTable
}

// minus returns what p has on the object and o has not, sorted.
func (p privileges) minus(o privileges, object string) []string {
	var all []string
	for privilege := range p[object] {
		if !o[object][privilege] {
			all = append(all, privilege)
		}
	}
	slices.Sort(all)
	return all
}

// objects returns the objects of both, sorted.
func (p privileges) objects(o privileges) []string {
	var all []string
	for _, set := range []privileges{p, o} {
		for object := range set {
			if !slices.Contains(all, object) {
				all = append(all, object)
			}
		}
	}
	slices.Sort(all)
	return all
}
