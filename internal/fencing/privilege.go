package fencing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tandem/internal/schema"
)

// writing are the rights with which rows, or what they live in, can be changed.
// EXECUTE is among them, since a routine has the rights of its definer.
func writing() []string {
	return []string{"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "EVENT", "EXECUTE"}
}

// rights are what an account has by itself, without its roles.
type rights struct {
	// global are rights on everything, of whatever kind.
	global []string
	// single are the writing rights on databases, tables, columns and routines.
	single []Privilege
	// restricted are the writing rights of global that databases are taken out of.
	restricted []Privilege
}

// rightsOf reads what an account has. It asks information_schema: SHOW GRANTS of
// old servers repeats the hash of the password, which must not leave them.
func (s *session) rightsOf(ctx context.Context, a Account) (rights, error) {
	var r rights
	fail := func(err error) (rights, error) { return rights{}, fmt.Errorf("read the rights of %s: %w", a, err) }
	each := func(query string, args []any, take func(c []string)) error {
		rows, err := s.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values, into := make([]string, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			take(slices.Clone(values))
		}
		return rows.Err()
	}
	add := func(p Privilege) {
		if p.Account = a; slices.Contains(writing(), p.Name) {
			r.single = append(r.single, p)
		}
	}
	who := []any{a.grantee()}
	const from = " FROM information_schema."
	if err := each("SELECT PRIVILEGE_TYPE"+from+"USER_PRIVILEGES WHERE GRANTEE = ?", who, func(c []string) {
		r.global = append(r.global, c[0])
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT TABLE_SCHEMA, PRIVILEGE_TYPE"+from+"SCHEMA_PRIVILEGES WHERE GRANTEE = ?", who, func(c []string) {
		add(Privilege{Level: OnDatabase, Schema: c[0], Name: c[1]})
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE"+from+"TABLE_PRIVILEGES WHERE GRANTEE = ?", who, func(c []string) {
		add(Privilege{Level: OnTable, Schema: c[0], Object: c[1], Name: c[2]})
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE"+from+"COLUMN_PRIVILEGES WHERE GRANTEE = ?", who, func(c []string) {
		add(Privilege{Level: OnTable, Schema: c[0], Object: c[1], Column: c[2], Name: c[3]})
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT Db, Routine_name, Routine_type FROM mysql.procs_priv WHERE User = ? AND Host = ? AND FIND_IN_SET('Execute', Proc_priv) > 0",
		[]any{a.User, a.Host}, func(c []string) {
			level := OnProcedure
			if strings.EqualFold(c[2], "FUNCTION") {
				level = OnFunction
			}
			add(Privilege{Level: level, Schema: c[0], Object: c[1], Name: "EXECUTE"})
		}); err != nil {
		return fail(err)
	}
	if !s.facts.Version.AtLeast(8, 0, 16) {
		return r, nil
	}
	var failed error
	if err := each("SELECT COALESCE(JSON_EXTRACT(User_attributes, '$.Restrictions'), '[]') FROM mysql.user WHERE User = ? AND Host = ?",
		[]any{a.User, a.Host}, func(c []string) {
			var restrictions []struct {
				Database   string
				Privileges []string
			}
			failed = json.Unmarshal([]byte(c[0]), &restrictions)
			for _, one := range restrictions {
				for _, name := range one.Privileges {
					if slices.Contains(writing(), name) {
						r.restricted = append(r.restricted, Privilege{Account: a, Level: OnRestricted, Schema: one.Database, Name: name})
					}
				}
			}
		}); err != nil {
		return fail(err)
	}
	if failed != nil {
		return fail(failed)
	}
	return r, nil
}

// statement makes one GRANT or REVOKE for rights of one account on one object.
func statement(list []Privilege, give bool) string {
	p := list[0]
	names := make([]string, len(list))
	for i, one := range list {
		names[i] = one.Name
		if one.Column != "" {
			names[i] += " (" + schema.Quote(one.Column) + ")"
		}
	}
	object := ""
	switch p.Level {
	case OnDatabase, OnRestricted:
		object = schema.Quote(p.Schema) + ".*"
	case OnTable:
		object = "TABLE " + schema.Quote(p.Schema) + "." + schema.Quote(p.Object)
	case OnProcedure:
		object = "PROCEDURE " + schema.Quote(p.Schema) + "." + schema.Quote(p.Object)
	case OnFunction:
		object = "FUNCTION " + schema.Quote(p.Schema) + "." + schema.Quote(p.Object)
	}
	if give {
		return "GRANT " + strings.Join(names, ", ") + " ON " + object + " TO " + p.Account.quoted()
	}
	return "REVOKE " + strings.Join(names, ", ") + " ON " + object + " FROM " + p.Account.quoted()
}

// byObject divides rights into those that one statement can name.
func byObject(all []Privilege) [][]Privilege {
	type place struct {
		account        Account
		level          Level
		schema, object string
	}
	at := map[place]int{}
	var out [][]Privilege
	for _, p := range all {
		key := place{p.Account, p.Level, p.Schema, p.Object}
		i, known := at[key]
		if !known {
			i = len(out)
			at[key], out = i, append(out, nil)
		}
		out[i] = append(out[i], p)
	}
	return out
}

// matches tells whether a database is meant by the pattern of a grant: % and _
// are wildcards, unless a backslash makes them plain.
func matches(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	switch c := pattern[0]; {
	case c == '%':
		for i := 0; i <= len(name); i++ {
			if matches(pattern[1:], name[i:]) {
				return true
			}
		}
		return false
	case c == '_':
		_, size := utf8.DecodeRuneInString(name)
		return size > 0 && matches(pattern[1:], name[size:])
	case c == '\\' && len(pattern) > 1:
		return name != "" && pattern[1] == name[0] && matches(pattern[2:], name[1:])
	default:
		return name != "" && c == name[0] && matches(pattern[1:], name[1:])
	}
}

// grantable tells whether a right is one that lifting may give: what a record
// says is not believed beyond that.
func (p *Privilege) grantable() error {
	system := []string{"mysql", "sys", "performance_schema", "information_schema", "_tandem"}
	if slices.ContainsFunc(system, func(name string) bool { return matches(p.Schema, name) || p.Schema == name }) {
		return fmt.Errorf("the record wants a right on %s given, which no fence takes away", p.Schema)
	}
	if !slices.Contains(writing(), p.Name) {
		return fmt.Errorf("the record wants %s given, which no fence takes away", p.Name)
	}
	if p.Schema == "" || (p.Object == "") != (p.Level == OnDatabase || p.Level == OnRestricted) || p.Column != "" && p.Level != OnTable {
		return fmt.Errorf("the record wants a right given on %s %q.%q: there is no such thing", p.Level, p.Schema, p.Object)
	}
	return nil
}
