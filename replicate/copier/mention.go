package copier

import (
	"slices"
	"strings"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// unindexed returns a table that a statement is about and that does not have all
// its indexes, or nil. The statement was written for a table that has them: it
// may drop one, or make a table like it. c.mu is held.
func (c *Copier) unindexed(st *change.Statement) *table {
	for _, t := range c.tables {
		if t.incomplete() && mentions(st, t.name) {
			return t
		}
	}
	return nil
}

// mentions tells whether a statement changes a table, or has its name anywhere
// in its text (CREATE TABLE ... LIKE, REFERENCES). In doubt it does.
func mentions(st *change.Statement, name schema.Name) bool {
	if slices.Contains(st.Tables, name) {
		return true
	}
	return hasWord(strings.ToLower(st.SQL), strings.ToLower(strings.ReplaceAll(name.Table, "`", "``")))
}

// hasWord tells whether a name is somewhere in a text, not as a part of a longer
// one.
func hasWord(text, name string) bool {
	for {
		at := strings.Index(text, name)
		if at < 0 {
			return false
		}
		end := at + len(name)
		if (at == 0 || !inName(text[at-1])) && (end == len(text) || !inName(text[end])) {
			return true
		}
		text = text[at+1:]
	}
}

func inName(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80
}
