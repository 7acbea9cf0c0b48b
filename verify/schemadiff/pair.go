package schemadiff

import (
	"cmp"
	"maps"
	"strings"

	"tandem/internal/schema"
)

// pair is both sides while they are compared. The code speaks of the source, which
// leads, and of the target, which is mended. For what the target owns there is a
// second pair that is turned: the target stands in the source's place there, and
// findings are turned back when they are added. Texts name sides by their names.
type pair struct {
	config         Config
	source, target *side
	turned         bool
	schemas        []string // in scope, sorted
	// handedOver are databases of which the target owns all tables: views, routines
	// and events go over with the last of them.
	handedOver map[string]bool
	counters   map[schema.Name]uint64 // the source's next numbers
	found      []Finding
}

func (p *pair) add(f Finding) {
	if p.turned {
		f.Source, f.Target = f.Target, f.Source
		if len(f.Fix) > 0 {
			f.FixOn = p.target.name
		}
	}
	p.found = append(p.found, f)
}

// turn returns the pair in which the target leads, nil if it owns nothing.
func (p *pair) turn() *pair {
	if p.config.TargetOwns == nil {
		return nil
	}
	owned, others := false, map[string]bool{}
	p.handedOver = map[string]bool{}
	for _, name := range union(p.source.tables, p.target.tables) {
		if p.config.TargetOwns(name) {
			owned, p.handedOver[name.Schema] = true, true
		} else {
			others[name.Schema] = true
		}
	}
	maps.DeleteFunc(p.handedOver, func(database string, _ bool) bool { return others[database] })
	if !owned {
		return nil
	}
	return &pair{config: p.config, source: p.target, target: p.source, turned: true, schemas: p.schemas, handedOver: p.handedOver}
}

// leads tells whether this pair is the one that compares a table.
func (p *pair) leads(table schema.Name) bool {
	return p.turned == (p.config.TargetOwns != nil && p.config.TargetOwns(table))
}

// leadsDatabase tells whether this pair is the one that compares a database and
// what belongs to it as a whole.
func (p *pair) leadsDatabase(database string) bool { return p.turned == p.handedOver[database] }

// leadsObject is leads for what is no table.
func (p *pair) leadsObject(o *object) bool {
	if o.kind == Trigger {
		return p.leads(schema.Name{Schema: o.name.Schema, Table: o.table})
	}
	return p.leadsDatabase(o.name.Schema)
}

// inScope tells whether a database is compared.
func (p *pair) inScope(database string) bool {
	for _, s := range p.schemas {
		if s == database {
			return true
		}
	}
	return false
}

func byName(a, b schema.Name) int {
	return cmp.Or(strings.Compare(a.Schema, b.Schema), strings.Compare(a.Table, b.Table))
}

// union returns the names that either side has, sorted.
func union[T any](a, b map[schema.Name]T) []schema.Name {
	both := make(map[schema.Name]bool, len(a))
	for n := range a {
		both[n] = true
	}
	for n := range b {
		both[n] = true
	}
	return names(both)
}

// alter begins an ALTER TABLE statement.
func alter(t schema.Name, what string) string { return "ALTER TABLE " + t.Quoted() + " " + what }
