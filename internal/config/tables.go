package config

import (
	"fmt"
	"slices"
	"strings"
)

// Tables says which tables move.
type Tables struct {
	Include []Pattern `yaml:"include"`
	Exclude []Pattern `yaml:"exclude"`
}

// Filter returns the matcher for these patterns.
func (t Tables) Filter() TableFilter {
	return TableFilter{include: slices.Clone(t.Include), exclude: slices.Clone(t.Exclude)}
}

// TableFilter decides whether a table belongs to the migration. The zero value
// matches nothing.
type TableFilter struct {
	include, exclude []Pattern
}

// Match reports whether the table is included and not excluded. MySQL's own
// schemas and tandem's are never matched, whatever the patterns say.
func (f TableFilter) Match(db, table string) bool {
	if IsSystemSchema(db) {
		return false
	}
	named := func(p Pattern) bool { return p.Match(db, table) }
	return slices.ContainsFunc(f.include, named) && !slices.ContainsFunc(f.exclude, named)
}

// MatchDatabase reports whether some table of the database could match, so that
// others need not be looked at.
func (f TableFilter) MatchDatabase(db string) bool {
	return !IsSystemSchema(db) && slices.ContainsFunc(f.include, func(p Pattern) bool { return p.db.match(db) })
}

// systemSchemas belong to the server or to tandem. Their names are compared
// without case, because information_schema is not case-sensitive anywhere.
var systemSchemas = [...]string{"mysql", "sys", "information_schema", "performance_schema", "ndbinfo", "_tandem"}

// IsSystemSchema reports whether the database belongs to the server or to tandem.
func IsSystemSchema(db string) bool {
	return slices.ContainsFunc(systemSchemas[:], func(s string) bool { return strings.EqualFold(s, db) })
}

func (t Tables) validate(path string, c *checker) {
	if len(t.Include) == 0 {
		c.missing(path+".include", `list the tables that move, such as include: ["courier.*"]`)
	}
	for i, p := range t.Include {
		at := fmt.Sprintf("%s.include[%d]", path, i)
		if name := p.db.literal(); name != "" && IsSystemSchema(name) {
			c.add(at, fmt.Sprintf("%s names a system schema, which never moves", p), "take this pattern out")
		}
		c.duplicate(at, p, t.Include[:i])
	}
	for i, p := range t.Exclude {
		at := fmt.Sprintf("%s.exclude[%d]", path, i)
		c.duplicate(at, p, t.Exclude[:i])
	}
	for i, p := range t.Include {
		for _, q := range t.Exclude {
			if q.Covers(p) {
				c.add(fmt.Sprintf("%s.include[%d]", path, i), fmt.Sprintf("%s is taken back whole by exclude %s", p, q),
					"take one of the two patterns out")
			}
		}
	}
}

// literal returns the one name the glob matches, or "" if it has wildcards.
func (g glob) literal() string {
	var b strings.Builder
	for _, r := range g {
		if r.wild {
			return ""
		}
		b.WriteRune(r.char)
	}
	return b.String()
}
