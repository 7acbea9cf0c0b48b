package catalog

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// Index is a secondary index as a CREATE TABLE statement for the target has it:
// ADD and its definition are a clause of ALTER TABLE.
type Index struct {
	Name       string `json:"name"`
	Definition string `json:"definition"`
}

// Kind tells what kind of index it is: it decides what a server can do beside
// making it.
func (i Index) Kind() IndexKind {
	tokens := sqltoken.Cut(i.Definition)
	switch {
	case tokens[0].Is("FULLTEXT"):
		return FullText
	case tokens[0].Is("SPATIAL"):
		return Spatial
	}
	before := sqltoken.Token{}
	for _, t := range tokens {
		if t.Is("(") && t.Depth == 1 && (before.Is("(") || before.Is(",")) {
			return Functional
		}
		if t.Kind != sqltoken.Space {
			before = t
		}
	}
	return Plain
}

// IndexKind is a kind of secondary index.
type IndexKind int

// The kinds. A functional index has an expression among its parts.
const (
	Plain IndexKind = iota
	Functional
	FullText
	Spatial
)

// withoutIndexes takes the secondary indexes that may be made later out of a
// statement for the target, and returns both.
func withoutIndexes(create string, may func(name string) bool) (bare string, indexes []Index, err error) {
	a := adaptation{}
	if err := a.parse(create); err != nil {
		return "", nil, err
	}
	parts, begin := a.clauses()
	var kept []string
	for _, part := range parts {
		index, ok := indexOf(part)
		if ok && may(index.Name) {
			indexes = append(indexes, index)
			continue
		}
		kept = append(kept, sqltoken.Join(part))
	}
	return sqltoken.Join(a.tokens[:begin]) + strings.Join(kept, ",") + sqltoken.Join(a.tokens[a.end:]), indexes, nil
}

// clauses cuts the list of columns and keys at its commas. begin is where the
// first clause begins.
func (a *adaptation) clauses() (parts [][]sqltoken.Token, begin int) {
	for a.tokens[begin].Text != "(" || a.tokens[begin].Kind != sqltoken.Punct {
		begin++
	}
	begin++
	from := begin
	for i := begin; i <= a.end; i++ {
		if t := a.tokens[i]; i == a.end || t.Depth == 1 && t.Kind == sqltoken.Punct && t.Text == "," {
			parts = append(parts, a.tokens[from:i])
			from = i + 1
		}
	}
	return parts, begin
}

// indexOf reads a clause as a secondary index that is not unique.
func indexOf(clause []sqltoken.Token) (Index, bool) {
	at := sqltoken.Next(clause, 0)
	if at < len(clause) && (clause[at].Is("FULLTEXT") || clause[at].Is("SPATIAL")) {
		at = sqltoken.Next(clause, at+1)
	}
	if at >= len(clause) || !clause[at].Is("KEY") {
		return Index{}, false
	}
	at = sqltoken.Next(clause, at+1)
	if at >= len(clause) || clause[at].Kind != sqltoken.Name {
		return Index{}, false
	}
	return Index{Name: sqltoken.Unquote(clause[at].Text), Definition: strings.TrimSpace(sqltoken.Join(clause))}, true
}

// deferrable tells which of a table's indexes rows can be written without:
// foreign keys need some, those of other tables included, and so does a counter.
// A table without a unique key keeps all of them: its rows are found by them.
func deferrable(t *schema.Table, all []*schema.Table) func(string) bool {
	if t.RowKey() == nil {
		return func(string) bool { return false }
	}
	var needed [][]string
	for i := range t.ForeignKeys {
		fk := &t.ForeignKeys[i]
		columns := make([]string, len(fk.Columns))
		for n, col := range fk.Columns {
			columns[n] = t.Columns[col].Name
		}
		needed = append(needed, columns)
	}
	for _, child := range all {
		for i := range child.ForeignKeys {
			if fk := &child.ForeignKeys[i]; fk.Parent == t.Name {
				needed = append(needed, fk.ParentCols)
			}
		}
	}
	for i := range t.Columns {
		if t.Columns[i].AutoIncrement {
			needed = append(needed, []string{t.Columns[i].Name})
		}
	}
	return func(index string) bool {
		i := slices.IndexFunc(t.Keys, func(k schema.Key) bool { return k.Name == index })
		return i >= 0 && !t.Keys[i].Unique && !slices.ContainsFunc(needed, func(columns []string) bool {
			return leads(t, &t.Keys[i], columns)
		})
	}
}

// leads tells whether a key begins with these columns, in whatever order.
func leads(t *schema.Table, k *schema.Key, columns []string) bool {
	if len(k.Parts) < len(columns) {
		return false
	}
	for _, p := range k.Parts[:len(columns)] {
		if p.Column < 0 || !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, t.Columns[p.Column].Name) }) {
			return false
		}
	}
	return true
}

// AlterAdd returns the statement that adds indexes, ending in options such as
// LOCK=NONE.
func AlterAdd(table schema.Name, indexes []Index, options string) string {
	clauses := make([]string, len(indexes))
	for i, index := range indexes {
		clauses[i] = "ADD " + index.Definition
	}
	if options != "" {
		clauses = append(clauses, options)
	}
	return fmt.Sprintf("ALTER TABLE %s %s", table.Quoted(), strings.Join(clauses, ", "))
}
