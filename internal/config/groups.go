package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DefaultGroup takes every table that no group names.
const DefaultGroup = "default"

// Groups maps the name of a group to the tables that hand over together.
type Groups map[string][]Pattern

// Table is the name of one real table.
type Table struct {
	Database, Name string
}

// String returns db.table.
func (t Table) String() string { return t.Database + "." + t.Name }

// Assignment is the group of every table that was given to Resolve.
type Assignment struct {
	// Groups holds the tables of each group, default included, sorted.
	Groups map[string][]Table
	// Unused holds the patterns that named no table, as "group: pattern".
	Unused []string

	of map[Table]string
}

// Group returns the group of a table. A table that was not there when the
// assignment was made is in the default group.
func (a Assignment) Group(t Table) string {
	if g, ok := a.of[t]; ok {
		return g
	}
	return DefaultGroup
}

// Resolve puts every table into its group. It fails where two groups name the
// same table, and names all such tables.
func (g Groups) Resolve(tables []Table) (Assignment, error) {
	a := Assignment{Groups: map[string][]Table{}, of: map[Table]string{}}
	used := map[string]bool{}
	var clashes []error
	for _, t := range tables {
		var owners []string
		for _, name := range slices.Sorted(maps.Keys(g)) {
			mine := false
			for _, p := range g[name] {
				if p.Match(t.Database, t.Name) {
					used[name+": "+p.String()] = true
					mine = true
				}
			}
			if mine {
				owners = append(owners, name)
			}
		}
		switch len(owners) {
		case 0:
			owners = []string{DefaultGroup}
		case 1:
		default:
			clashes = append(clashes, fmt.Errorf("table %s is in the groups %s", t, strings.Join(owners, " and ")))
			continue
		}
		a.of[t] = owners[0]
		a.Groups[owners[0]] = append(a.Groups[owners[0]], t)
	}
	if len(clashes) > 0 {
		return Assignment{}, fmt.Errorf("groups: %w", errors.Join(clashes...))
	}
	for _, name := range slices.Sorted(maps.Keys(g)) {
		slices.SortFunc(a.Groups[name], compareTables)
		for _, p := range g[name] {
			if id := name + ": " + p.String(); !used[id] {
				a.Unused = append(a.Unused, id)
			}
		}
	}
	slices.SortFunc(a.Groups[DefaultGroup], compareTables)
	return a, nil
}

// Of returns the group of a table by its name, whether it exists or not.
func (g Groups) Of(database, table string) string {
	for _, name := range slices.Sorted(maps.Keys(g)) {
		if slices.ContainsFunc(g[name], func(p Pattern) bool { return p.Match(database, table) }) {
			return name
		}
	}
	return DefaultGroup
}

func compareTables(a, b Table) int { return strings.Compare(a.String(), b.String()) }

func (g Groups) validate(path string, c *checker) {
	names := slices.Sorted(maps.Keys(g))
	for i, name := range names {
		at := path + "." + name
		switch {
		case name == DefaultGroup:
			c.addKey(at, "default is the group of all tables that no other group names", "take it out, or give it another name")
		case !namePattern.MatchString(name):
			c.addKey(at, fmt.Sprintf("%q is not a name for a group", name), "write small letters, digits, _ and -, a letter first")
		case len(g[name]) == 0 && !c.failed(at):
			c.add(at, fmt.Sprintf("group %s is empty", name), `list its tables, such as ["courier.report_*"]`)
		}
		for j, p := range g[name] {
			here := fmt.Sprintf("%s[%d]", at, j)
			c.duplicate(here, p, g[name][:j])
			for _, other := range names[:i] {
				for _, q := range g[other] {
					if p.Covers(q) || q.Covers(p) {
						c.add(here, fmt.Sprintf("%s overlaps %s of group %s", p, q, other),
							"a table is in one group only; tables that no group names are in default")
					}
				}
			}
		}
	}
}
