package plans

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tandem/internal/config"
	"tandem/internal/schema"
)

// Membership is which tables each group has.
type Membership struct {
	Groups map[string][]*schema.Table
	of     map[schema.Name]string
	// clashes are tables that several groups name, with those groups.
	clashes []clash
}

type clash struct {
	table  schema.Name
	groups []string
}

// NewMembership puts tables into groups. A table that several groups name is in
// the first of them by name, and a clash.
func NewMembership(groups config.Groups, tables []*schema.Table) Membership {
	m := Membership{Groups: map[string][]*schema.Table{}, of: map[schema.Name]string{}}
	for _, t := range tables {
		var in []string
		for _, name := range slices.Sorted(maps.Keys(groups)) {
			if slices.ContainsFunc(groups[name], func(p config.Pattern) bool { return p.Match(t.Schema, t.Table) }) {
				in = append(in, name)
			}
		}
		if len(in) > 1 {
			m.clashes = append(m.clashes, clash{t.Name, in})
		}
		if len(in) == 0 {
			in = []string{config.DefaultGroup}
		}
		m.of[t.Name] = in[0]
		m.Groups[in[0]] = append(m.Groups[in[0]], t)
	}
	for _, list := range m.Groups {
		slices.SortFunc(list, func(a, b *schema.Table) int { return strings.Compare(a.Name.String(), b.Name.String()) })
	}
	return m
}

// Leaving is a foreign key that leads out of a group.
type Leaving struct {
	Child, Parent           schema.Name
	ForeignKey              string
	ChildGroup, ParentGroup string
}

// String says which foreign key leads where.
func (f Leaving) String() string {
	return fmt.Sprintf("foreign key %s of %s leads to %s of group %s", f.ForeignKey, f.Child, f.Parent, f.ParentGroup)
}

// Leaving returns the foreign keys that lead from one group to another, in the
// order of the children's names. Parents that do not move are in no group.
func (m Membership) Leaving() []Leaving {
	var list []Leaving
	for _, group := range slices.Sorted(maps.Keys(m.Groups)) {
		for _, t := range m.Groups[group] {
			for _, f := range t.ForeignKeys {
				if to, moves := m.of[f.Parent]; moves && to != group {
					list = append(list, Leaving{t.Name, f.Parent, f.Name, group, to})
				}
			}
		}
	}
	return list
}

// Handover returns, for each stage, the groups it hands over, with "*"
// replaced by what no stage names.
func (p *Plan) Handover(groups []string) [][]string {
	named := map[string]bool{}
	for _, s := range p.Stages {
		for _, g := range s.Handover {
			named[g] = true
		}
	}
	taken := false
	list := make([][]string, len(p.Stages))
	for i, s := range p.Stages {
		for _, g := range s.Handover {
			if g != Rest {
				list[i] = append(list[i], g)
				continue
			}
			for _, other := range groups {
				if !named[other] && !taken {
					list[i] = append(list[i], other)
				}
			}
			taken = true
		}
	}
	return list
}

// GroupNames returns the groups of a configuration, the default one last.
func GroupNames(c *config.Config) []string {
	return append(slices.Sorted(maps.Keys(c.Groups)), config.DefaultGroup)
}
