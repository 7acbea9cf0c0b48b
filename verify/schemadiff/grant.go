package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/sqltoken"
)

// compareGrants compares what two accounts may do.
func (p *pair) compareGrants(a, b *account) {
	for _, object := range a.privileges.objects(b.privileges) {
		if !p.grantInScope(object) {
			continue
		}
		f := Finding{Kind: Grant, Object: a.label(b.name) + " on " + strings.ReplaceAll(object, "`", "")}
		if missing := a.privileges.minus(b.privileges, object); len(missing) > 0 {
			f := f
			f.ID, f.Severity, f.Source = "grant-missing", Mismatch, strings.Join(missing, ", ")
			f.What = "the account may do less on the target"
			f.Fix = grantFix(missing, object, b.name)
			p.add(f)
		}
		if extra := b.privileges.minus(a.privileges, object); len(extra) > 0 {
			f.ID, f.Severity, f.Target = "grant-extra", Warn, strings.Join(extra, ", ")
			f.What = "the account may do more on the target"
			if object == "*.*" && !p.source.accounts.roles && !slices.ContainsFunc(extra, func(s string) bool { return slices.Contains(onServer, s) }) {
				f.Severity = Info // the source's version does not have them
			}
			f.Fix = append(revokeFix(extra, object, b.name), grantFix(columnsOf(a.privileges[object], extra), object, b.name)...)
			p.add(f)
		}
	}
}

// columnsOf returns those privileges on columns that go with the privileges on
// the whole table when these are revoked.
func columnsOf(set map[string]bool, revoked []string) []string {
	var all []string
	for privilege := range set {
		whole, _, column := strings.Cut(privilege, " (")
		if column && slices.Contains(revoked, whole) {
			all = append(all, privilege)
		}
	}
	slices.Sort(all)
	return all
}

// grantInScope tells whether an object has to do with what is compared: the
// server as a whole, or a database in scope, which may be named by a pattern.
func (p *pair) grantInScope(object string) bool {
	if object == "*.*" {
		return true
	}
	if i := strings.IndexByte(object, '`'); i > 0 {
		object = object[i:]
	}
	tokens := sqltoken.Cut(object)
	pattern := sqltoken.Unquote(tokens[0].Text)
	return slices.ContainsFunc(p.schemas, func(s string) bool { return s == pattern || like(pattern, s) })
}

// like matches a pattern of GRANT: % and _, each of which a backslash makes
// plain.
func like(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	switch c := pattern[0]; {
	case c == '%':
		for i := range len(s) + 1 {
			if like(pattern[1:], s[i:]) {
				return true
			}
		}
		return false
	case s == "":
		return false
	case c == '_':
		return like(pattern[1:], s[1:])
	case c == '\\' && len(pattern) > 1:
		return pattern[1] == s[0] && like(pattern[2:], s[1:])
	default:
		return c == s[0] && like(pattern[1:], s[1:])
	}
}

// grantFix gives privileges; those that were taken away from a part are taken
// away.
func grantFix(list []string, object, to string) []string {
	give, take := apart(list)
	return slices.Concat(grant(give, object, to), revoke(take, object, to))
}

// revokeFix takes privileges; those that were taken away from a part are given.
func revokeFix(list []string, object, from string) []string {
	take, give := apart(list)
	return slices.Concat(revoke(take, object, from), grant(give, object, from))
}

// apart divides a list into the privileges that were given, and those that were
// taken away from a part of what was given.
func apart(list []string) (given, taken []string) {
	for _, one := range list {
		if rest, revoked := strings.CutPrefix(one, "REVOKE "); revoked {
			taken = append(taken, rest)
		} else {
			given = append(given, one)
		}
	}
	return given, taken
}

func grant(list []string, object, to string) []string {
	if len(list) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("GRANT %s ON %s TO %s", strings.Join(list, ", "), object, quoteAccount(to))}
}

func revoke(list []string, object, from string) []string {
	if len(list) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("REVOKE %s ON %s FROM %s", strings.Join(list, ", "), object, quoteAccount(from))}
}
