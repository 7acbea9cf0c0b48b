package schemadiff

import (
	"fmt"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// compareTables compares the tables of both sides, each with all that belongs
// to it.
func (p *pair) compareTables() {
	for _, name := range union(p.source.tables, p.target.tables) {
		if !p.inScope(name.Schema) || !p.leads(name) {
			continue
		}
		a, b := p.source.tables[name], p.target.tables[name]
		switch {
		case a == nil:
			p.extraTable(name)
		case b == nil:
			p.add(Finding{ID: "table-missing", Severity: Mismatch, Kind: Table, Object: name.String(),
				What: "the table is not on the " + p.target.name, Source: summary(a), Fix: p.createTable(a)})
		default:
			p.compareOptions(a, b)
			p.compareColumns(a, b)
			p.compareKeys(a, b)
			p.compareForeignKeys(a, b)
			p.compareChecks(a, b)
			p.comparePartitions(a, b)
		}
	}
}

// extraTable says nothing of tables of a database that is too much as a whole.
func (p *pair) extraTable(name schema.Name) {
	if _, there := p.source.databases[name.Schema]; !there {
		return
	}
	p.add(Finding{ID: "table-extra", Severity: Mismatch, Kind: Table, Object: name.String(),
		What:   p.extra("table") + "; look at what it holds before you drop it",
		Target: summary(p.target.tables[name]), Fix: []string{"DROP TABLE " + name.Quoted()}})
}

// extra says that the side which is mended has something that the other has not.
func (p *pair) extra(what string) string {
	return "the " + p.target.name + " has a " + what + " that the " + p.source.name + " has not"
}

func summary(t *table) string {
	return fmt.Sprintf("%s, %d columns, %d keys, %s", t.Engine, len(t.columns), len(t.keys), t.collation)
}

// compareOptions compares what holds for a table as a whole.
func (p *pair) compareOptions(a, b *table) {
	f := Finding{Kind: Table, Object: a.Name.String(), Severity: Mismatch}
	if a.Engine != b.Engine {
		f := f
		f.ID, f.What = "table-engine", "the table has another engine"
		f.Source, f.Target, f.Fix = a.Engine, b.Engine, []string{alter(a.Name, "ENGINE="+a.Engine)}
		p.add(f)
	}
	if a.collation != b.collation {
		f := f
		f.ID, f.What = "table-collation", "the table gives new columns another character set or collation"
		f.Source, f.Target = a.collation, b.collation
		f.Fix = []string{alter(a.Name, "DEFAULT"+p.charsetClause(charsetOf(a.collation), a.collation))}
		p.add(f)
	}
	if format := a.rowFormatSQL(); a.Engine == b.Engine && (a.rowFormatGiven || b.rowFormatGiven) && format != b.rowFormatSQL() &&
		(a.rowFormat != b.rowFormat || a.keyBlockSize != b.keyBlockSize) {
		f := f
		f.ID, f.Severity, f.What = "table-row-format", Warn, "rows are stored in another format, which decides how long keys may be"
		if a.rowFormat == "COMPRESSED" {
			f.Severity, f.What = Info, "rows are stored in another format"
		}
		f.Source, f.Target, f.Fix = format, b.rowFormatSQL(), []string{alter(a.Name, format)}
		if a.keyBlockSize == "" && b.keyBlockSize != "" {
			f.Fix[0] += " KEY_BLOCK_SIZE=0"
		}
		p.add(f)
	}
	if a.comment != b.comment {
		f.ID, f.Severity, f.What = "table-comment", Info, "the table has another comment"
		f.Source, f.Target, f.Fix = a.comment, b.comment, []string{alter(a.Name, "COMMENT="+sqltoken.Quote(a.comment))}
		p.add(f)
	}
}

func (t *table) rowFormatSQL() string {
	s := "ROW_FORMAT=" + t.rowFormat
	if !t.rowFormatGiven && t.keyBlockSize == "" {
		return s
	}
	if t.keyBlockSize != "" {
		s += " KEY_BLOCK_SIZE=" + t.keyBlockSize
	}
	return s
}

// charsetOf returns the character set of a collation.
func charsetOf(collation string) string {
	charset, _, _ := strings.Cut(collation, "_")
	return charset
}

// createTable returns the statements that make the table on the target.
func (p *pair) createTable(t *table) []string {
	var parts []string
	for i := range t.columns {
		parts = append(parts, p.definition(t, &t.columns[i]))
	}
	for i := range t.keys {
		parts = append(parts, t.keySQL(&t.keys[i]))
	}
	for i := range t.ForeignKeys {
		parts = append(parts, t.foreignKeySQL(&t.ForeignKeys[i]))
	}
	for _, c := range t.shown.checks {
		parts = append(parts, c.sql())
	}
	s := "CREATE TABLE " + t.Quoted() + " (\n  " + strings.Join(parts, ",\n  ") + "\n) ENGINE=" + t.Engine +
		" DEFAULT" + p.charsetClause(charsetOf(t.collation), t.collation)
	if next := p.counters[t.Name]; next > 1 {
		s += fmt.Sprintf(" AUTO_INCREMENT=%d", next)
	}
	if t.rowFormatGiven {
		s += " " + t.rowFormatSQL()
	}
	if t.comment != "" {
		s += " COMMENT=" + sqltoken.Quote(t.comment)
	}
	if t.shown.partitions != "" {
		s += "\n" + t.shown.partitions
	}
	fix := permissive(s)
	if keys := p.touching(t.Name); len(keys) > 0 {
		fix = append(p.foreignKeySession(keys), fix...)
	}
	return fix
}
