package copier

import (
	"fmt"
	"strings"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// What is known of a copy is known by the table's name. A table that is renamed
// half-way would leave its copied part under one name and its state under
// another, perhaps that of a table which took its place. So a rename is refused
// before it is applied, and every time it is met again.

// RenamedError says that a table was renamed while it was copied.
type RenamedError struct {
	Table     schema.Name
	Statement string
}

// Error says what happened.
func (e *RenamedError) Error() string {
	return fmt.Sprintf("copy %s: it was renamed while it was being copied: %s", e.Table, e.Statement)
}

// Hint says what to do about it.
func (e *RenamedError) Hint() string {
	return "begin again: drop the target's tables and its database _tandem, and run the command again; " +
		"keep renames (and tools that swap tables) away until everything is copied"
}

// renamed returns the error of a statement that renames a table which is not
// copied yet, or nil. c.mu is held.
func (c *Copier) renamed(txs []*change.Transaction) error {
	for _, tx := range txs {
		if tx.Statement == nil || !renames(tx.Statement.SQL) {
			continue
		}
		for _, name := range tx.Statement.Tables {
			if t := c.byName[name]; t != nil && !t.copied() {
				return &RenamedError{Table: name, Statement: tx.Statement.SQL}
			}
		}
	}
	return nil
}

// renames tells whether a DDL statement may rename a table: RENAME TABLE, and
// ALTER TABLE ... RENAME, but not of a column or an index. In doubt it may.
func renames(sql string) bool {
	words := strings.FieldsFunc(strings.ToUpper(sql), func(r rune) bool {
		return strings.ContainsRune(" \t\r\n,;()/*", r)
	})
	for i, word := range words {
		if word != "RENAME" {
			continue
		}
		if i+1 == len(words) {
			return true
		}
		switch words[i+1] {
		case "COLUMN", "INDEX", "KEY":
		default:
			return true
		}
	}
	return false
}
