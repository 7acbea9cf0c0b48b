package schemadiff

import (
	"slices"
	"strings"

	"tandem/internal/schema"
)

// compareChecks compares CHECK constraints by name, then what is left by
// clause.
func (p *pair) compareChecks(a, b *table) {
	taken := map[string]bool{}
	for _, c := range a.shown.checks {
		f := Finding{Kind: Check, Severity: Mismatch, Object: a.Name.String() + "." + c.name, Source: c.text()}
		at := slices.IndexFunc(b.shown.checks, func(o check) bool { return strings.EqualFold(o.name, c.name) })
		if at < 0 {
			at = slices.IndexFunc(b.shown.checks, func(o check) bool {
				return o.text() == c.text() && !taken[o.name] &&
					!slices.ContainsFunc(a.shown.checks, func(x check) bool { return strings.EqualFold(x.name, o.name) })
			})
		}
		if at < 0 {
			f.ID, f.What = "check-missing", "the CHECK constraint is not on the "+p.target.name
			f.Fix = []string{alter(a.Name, "ADD "+c.sql())}
			if !p.target.atLeast(8, 0, 16) {
				f.Fix, f.What = nil, "the "+p.target.name+"'s version knows no CHECK constraints"
			}
			p.add(f)
			continue
		}
		o := b.shown.checks[at]
		taken[o.name] = true
		f.Target = o.text()
		anew := []string{alter(a.Name, "DROP CHECK "+schema.Quote(o.name)+", ADD "+c.sql())}
		switch {
		case o.clauseText() != c.clauseText():
			f.ID, f.What, f.Fix = "check-different", "the CHECK constraint is not the same on both sides", anew
		case o.enforced != c.enforced:
			f.ID, f.What = "check-enforced", "the CHECK constraint is enforced on one side only"
			f.Fix = []string{alter(a.Name, "ALTER CHECK "+schema.Quote(o.name)+" "+c.enforcement())}
		case !strings.EqualFold(o.name, c.name):
			f.ID, f.Severity, f.What, f.Fix = "check-name", Info, "the CHECK constraint has another name", anew
			f.Source, f.Target = c.name, o.name
		default:
			continue
		}
		p.add(f)
	}
	for _, o := range b.shown.checks {
		if !taken[o.name] {
			p.add(Finding{ID: "check-extra", Severity: Mismatch, Kind: Check, Object: a.Name.String() + "." + o.name,
				What: p.extra("CHECK constraint"), Target: o.text(),
				Fix: []string{alter(a.Name, "DROP CHECK "+schema.Quote(o.name))}})
		}
	}
}

func (c check) clauseText() string { return flat(c.clause, ofExpressions) }

func (c check) text() string { return c.clauseText() + " " + c.enforcement() }

func (c check) enforcement() string {
	if c.enforced {
		return "ENFORCED"
	}
	return "NOT ENFORCED"
}

func (c check) sql() string {
	return "CONSTRAINT " + schema.Quote(c.name) + " CHECK " + c.clause + " " + c.enforcement()
}
