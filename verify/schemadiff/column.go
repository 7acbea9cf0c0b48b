package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// compareColumns compares the columns of two tables by name, and their order.
func (p *pair) compareColumns(a, b *table) {
	f := Finding{Kind: Column, Severity: Mismatch}
	for i := range a.columns {
		c := &a.columns[i]
		f.Object = a.Name.String() + "." + c.Name
		j := b.Column(c.Name)
		if j < 0 {
			f := f
			f.ID, f.What, f.Source = "column-missing", "the column is not on the "+p.target.name, p.definition(a, c)
			f.Fix = permissive(alter(a.Name, "ADD COLUMN "+p.definition(a, c)+a.placeOf(i)))
			p.add(f)
			continue
		}
		p.compareColumn(a, b, c, &b.columns[j])
	}
	for j := range b.columns {
		c := &b.columns[j]
		if a.Column(c.Name) < 0 {
			p.add(Finding{ID: "column-extra", Severity: Mismatch, Kind: Column, Object: a.Name.String() + "." + c.Name,
				What: p.extra("column"), Target: p.definition(b, c),
				Fix: []string{alter(a.Name, "DROP COLUMN "+schema.Quote(c.Name))}})
		}
	}
	p.compareOrder(a, b)
}

// placeOf says where the table's column i stands.
func (t *table) placeOf(i int) string {
	if i == 0 {
		return " FIRST"
	}
	return " AFTER " + schema.Quote(t.columns[i-1].Name)
}

// difference is an aspect in which two columns are not the same.
type difference struct {
	id, what       string
	severity       Severity
	source, target string
}

// compareColumn compares two columns of one name. Whatever differs, the fix is
// the source's whole definition.
func (p *pair) compareColumn(a, b *table, c, d *column) {
	sourceDefault, targetDefault := defaults(a, b, c, d)
	aspects := []difference{
		{"column-name-case", "the column's name has letters of other case", Info, c.Name, d.Name},
		{"column-type", "the column has another type", Mismatch, c.typeSQL(), d.typeSQL()},
		{"column-charset", "the column has another character set or collation", Mismatch, charsetText(c), charsetText(d)},
		{"column-null", "the column takes NULL on one side only", Mismatch, nullText(c), nullText(d)},
		{"column-default", "the column has another default", Mismatch, sourceDefault, targetDefault},
		{"column-on-update", "the column is set by updates in another way", Mismatch, c.onUpdate, d.onUpdate},
		{"column-auto-increment", "the column numbers rows on one side only", Mismatch, mark(c.AutoIncrement, "AUTO_INCREMENT"), mark(d.AutoIncrement, "AUTO_INCREMENT")},
		{"column-generated", "the column is generated in another way", Mismatch, a.generatedText(c), b.generatedText(d)},
		{"column-srid", "the column takes geometries of another SRID", Mismatch, sridText(c), sridText(d)},
		{"column-invisible", "the column is invisible on one side only", Mismatch, mark(c.Invisible, "INVISIBLE"), mark(d.Invisible, "INVISIBLE")},
		{"column-comment", "the column has another comment", Info, c.comment, d.comment},
	}
	for _, x := range aspects {
		if x.source == x.target || x.id == "column-default" && (c.Column.Generated || d.Column.Generated) {
			continue
		}
		p.add(Finding{ID: x.id, Severity: x.severity, Kind: Column, Object: a.Name.String() + "." + c.Name, What: x.what,
			Source: x.source, Target: x.target, Fix: p.changeColumn(a, b, c, d)})
	}
}

// changeColumn returns the statements that make d like c. A column that is or
// was virtual can only be made anew.
func (p *pair) changeColumn(a, b *table, c, d *column) []string {
	definition := p.definition(a, c)
	what := "MODIFY COLUMN " + definition
	anew := c.Virtual != d.Virtual || c.Column.Generated && !d.Column.Generated
	switch {
	case anew:
		what = "DROP COLUMN " + schema.Quote(d.Name) + ", ADD COLUMN " + definition + a.placeOf(a.Column(c.Name))
	case c.Name != d.Name:
		what = "CHANGE COLUMN " + schema.Quote(d.Name) + " " + definition
	}
	fix := permissive(alter(a.Name, what))
	if anew || c.srid != d.srid {
		fix = a.withoutKeys(b, d, fix, func(k *keyExtra) bool { return anew || keyWord(k) == "SPATIAL KEY" })
	}
	if p.inForeignKey(a.Name, c.Name) {
		fix = append([]string{"SET SESSION foreign_key_checks=0"}, fix...)
	}
	return fix
}

// withoutKeys takes keys that the column of the target's table is in away while
// statements run: they would be in the way, or lose the column. Then they are
// made as the source has them.
func (t *table) withoutKeys(target *table, c *column, statements []string, which func(*keyExtra) bool) []string {
	var before, after []string
	for i := range target.keys {
		o := &target.keys[i]
		if !which(o) || !slices.ContainsFunc(o.Parts, func(p schema.KeyPart) bool {
			return p.Column >= 0 && target.Columns[p.Column].Name == c.Name
		}) {
			continue
		}
		at := slices.IndexFunc(t.keys, func(k keyExtra) bool { return strings.EqualFold(k.Name, o.Name) })
		if at >= 0 {
			before = append(before, alter(t.Name, dropKey(o)))
			after = append(after, alter(t.Name, "ADD "+t.keySQL(&t.keys[at])))
		}
	}
	return slices.Concat(before, statements, after)
}

// inForeignKey tells whether a foreign key of the target is on the column, or
// refers to it.
func (p *pair) inForeignKey(t schema.Name, column string) bool {
	for name, other := range p.target.tables {
		for _, k := range other.ForeignKeys {
			own := name == t && slices.ContainsFunc(k.Columns, func(c int) bool { return strings.EqualFold(other.Columns[c].Name, column) })
			parent := k.Parent == t && slices.ContainsFunc(k.ParentCols, func(c string) bool { return strings.EqualFold(c, column) })
			if own || parent {
				return true
			}
		}
	}
	return false
}

// compareOrder compares the order of the columns that both sides have.
func (p *pair) compareOrder(a, b *table) {
	order := func(t, other *table) (all []string) {
		for _, c := range t.Columns {
			if other.Column(c.Name) >= 0 {
				all = append(all, strings.ToLower(c.Name))
			}
		}
		return all
	}
	x, y := order(a, b), order(b, a)
	if slices.Equal(x, y) {
		return
	}
	var moves []string
	last := ""
	for i, column := range x {
		if i < len(y) && y[i] == column && len(moves) == 0 {
			last = column
			continue
		}
		place := " FIRST"
		if last != "" {
			place = " AFTER " + schema.Quote(a.columns[a.Column(last)].Name)
		}
		moves = append(moves, "MODIFY COLUMN "+p.definition(a, &a.columns[a.Column(column)])+place)
		last = column
	}
	p.add(Finding{ID: "column-order", Severity: Mismatch, Kind: Table, Object: a.Name.String(),
		What: "the columns stand in another order", Source: strings.Join(x, ", "), Target: strings.Join(y, ", "),
		Fix: permissive(alter(a.Name, strings.Join(moves, ", ")))})
}

func charsetText(c *column) string {
	if c.Charset == "" {
		return ""
	}
	return c.Charset + " " + c.Collation
}

func nullText(c *column) string {
	if c.Nullable {
		return "NULL"
	}
	return "NOT NULL"
}

func mark(set bool, what string) string {
	if set {
		return what
	}
	return ""
}

func (t *table) generatedText(c *column) string {
	switch {
	case !c.Column.Generated:
		return ""
	case c.Virtual:
		return "VIRTUAL " + flat(t.shown.generated[c.Name], ofExpressions)
	}
	return "STORED " + flat(t.shown.generated[c.Name], ofExpressions)
}

func sridText(c *column) string {
	if !c.srid.Valid {
		return ""
	}
	return fmt.Sprintf("SRID %d", c.srid.Int64)
}
