package schemadiff

import (
	"slices"
	"strings"

	"tandem/internal/schema"
)

// compareForeignKeys compares foreign keys by name, then what is left by
// content.
func (p *pair) compareForeignKeys(a, b *table) {
	find := func(t *table, like func(*schema.ForeignKey) bool) *schema.ForeignKey {
		if i := slices.IndexFunc(t.ForeignKeys, func(k schema.ForeignKey) bool { return like(&k) }); i >= 0 {
			return &t.ForeignKeys[i]
		}
		return nil
	}
	taken := map[string]bool{}
	for i := range a.ForeignKeys {
		k := &a.ForeignKeys[i]
		f := Finding{Kind: ForeignKey, Object: a.Name.String() + "." + k.Name, Severity: Mismatch, Source: a.foreignKeyText(k)}
		o := find(b, func(o *schema.ForeignKey) bool { return strings.EqualFold(o.Name, k.Name) })
		if o == nil {
			o = find(b, func(o *schema.ForeignKey) bool {
				return b.foreignKeyText(o) == f.Source && !taken[o.Name] &&
					!slices.ContainsFunc(a.ForeignKeys, func(x schema.ForeignKey) bool { return strings.EqualFold(x.Name, o.Name) })
			})
		}
		session := p.foreignKeySession(a.ForeignKeys[i : i+1])
		switch {
		case o == nil:
			f.ID, f.What = "foreign-key-missing", "the foreign key is not on the "+p.target.name
			f.Fix = append(session, alter(a.Name, "ADD "+a.foreignKeySQL(k)))
		case b.foreignKeyText(o) != f.Source:
			f.ID, f.What, f.Target = "foreign-key-different", "the foreign key is not the same on both sides", b.foreignKeyText(o)
			f.Fix = append(session, dropForeignKey(a.Name, o), alter(a.Name, "ADD "+a.foreignKeySQL(k)))
		case !strings.EqualFold(o.Name, k.Name):
			f.ID, f.Severity, f.What = "foreign-key-name", Info, "the foreign key has another name"
			f.Source, f.Target = k.Name, o.Name
			f.Fix = append(session, dropForeignKey(a.Name, o), alter(a.Name, "ADD "+a.foreignKeySQL(k)))
		}
		if o != nil {
			taken[o.Name] = true
		}
		if f.ID != "" {
			p.add(f)
		}
	}
	for i := range b.ForeignKeys {
		o := &b.ForeignKeys[i]
		if !taken[o.Name] {
			p.add(Finding{ID: "foreign-key-extra", Severity: Mismatch, Kind: ForeignKey, Object: a.Name.String() + "." + o.Name,
				What: p.extra("foreign key"), Target: b.foreignKeyText(o),
				Fix: []string{dropForeignKey(a.Name, o)}})
		}
	}
}

func dropForeignKey(t schema.Name, k *schema.ForeignKey) string {
	return alter(t, "DROP FOREIGN KEY "+schema.Quote(k.Name))
}

// foreignKeySession prepares a session for making foreign keys: the rows are
// there already, and servers from 8.4 on refuse keys that refer to columns
// which are not unique.
func (p *pair) foreignKeySession(keys []schema.ForeignKey) []string {
	session := []string{"SET SESSION foreign_key_checks=0"}
	if p.target.facts.RestrictForeignKeyNonStandard && slices.ContainsFunc(keys, p.isLoose) {
		session = append(session, "SET SESSION restrict_fk_on_non_standard_key=OFF")
	}
	return session
}

// isLoose tells whether a foreign key of the source refers to columns that are
// not unique.
func (p *pair) isLoose(k schema.ForeignKey) bool {
	parent := p.source.tables[k.Parent]
	return parent != nil && !parent.uniqueOn(k.ParentCols)
}

// touching returns the source's foreign keys on a table and to it.
func (p *pair) touching(t schema.Name) []schema.ForeignKey {
	var all []schema.ForeignKey
	for name, other := range p.source.tables {
		for _, k := range other.ForeignKeys {
			if name == t || k.Parent == t {
				all = append(all, k)
			}
		}
	}
	return all
}

// uniqueOn tells whether a unique key is on exactly these columns.
func (t *table) uniqueOn(columns []string) bool {
	return slices.ContainsFunc(t.Keys, func(k schema.Key) bool {
		if !k.Unique || len(k.Parts) != len(columns) {
			return false
		}
		for i, part := range k.Parts {
			if part.Column < 0 || part.Prefix > 0 || !strings.EqualFold(t.Columns[part.Column].Name, columns[i]) {
				return false
			}
		}
		return true
	})
}

// foreignKeyText is what a foreign key is, without its name. RESTRICT and NO
// ACTION are the same to InnoDB, and versions differ in which of them they say.
func (t *table) foreignKeyText(k *schema.ForeignKey) string {
	columns := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		columns[i] = t.Columns[c].Name
	}
	return "(" + strings.ToLower(strings.Join(columns, ", ")) + ") to " + k.Parent.String() + " (" +
		strings.ToLower(strings.Join(k.ParentCols, ", ")) + ") on delete " + action(k.OnDelete) + " on update " + action(k.OnUpdate)
}

func action(rule string) string {
	if rule == "RESTRICT" {
		return "no action"
	}
	return strings.ToLower(rule)
}

// foreignKeySQL is what CREATE TABLE takes for the foreign key.
func (t *table) foreignKeySQL(k *schema.ForeignKey) string {
	columns, parents := make([]string, len(k.Columns)), make([]string, len(k.ParentCols))
	for i, c := range k.Columns {
		columns[i] = schema.Quote(t.Columns[c].Name)
	}
	for i, c := range k.ParentCols {
		parents[i] = schema.Quote(c)
	}
	return "CONSTRAINT " + schema.Quote(k.Name) + " FOREIGN KEY (" + strings.Join(columns, ", ") + ") REFERENCES " +
		k.Parent.Quoted() + " (" + strings.Join(parents, ", ") + ") ON DELETE " + k.OnDelete + " ON UPDATE " + k.OnUpdate
}
