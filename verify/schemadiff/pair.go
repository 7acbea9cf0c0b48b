package schemadiff

import (
	"cmp"
	"strings"

	"tandem/internal/schema"
)

// pair is both sides while they are compared.
type pair struct {
	config         Config
	source, target *side
	schemas        []string               // in scope, sorted
	counters       map[schema.Name]uint64 // the source's next numbers
	found          []Finding
}

func (p *pair) add(f ...Finding) { p.found = append(p.found, f...) }

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
