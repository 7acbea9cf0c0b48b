package config

import (
	"errors"
	"fmt"
	"strings"
)

// Pattern names tables: db.table, where * stands for any run of characters and
// ? for exactly one. A name between backquotes is taken as it is, so that names
// with dots, stars or blanks can be written: `odd.db`.`what?`. The empty
// pattern matches nothing.
//
// Names are compared by their exact characters, as MySQL on Linux does.
type Pattern struct {
	text      string
	db, table glob
}

// glob is a pattern for one name: literal runes and the two wildcards.
type glob []globRune

type globRune struct {
	char rune
	wild bool // char is '*' or '?' and stands for others
}

// ParsePattern reads a pattern.
func ParsePattern(text string) (Pattern, error) {
	var p Pattern
	err := p.set(text)
	return p, err
}

func (p *Pattern) set(text string) error {
	db, rest, err := parseGlob(text)
	if err != nil {
		return badPattern(text, err)
	}
	if rest == "" {
		hint := fmt.Sprintf("write %s.* for every table of the database, or db.%s for a table", text, text)
		return hinted(fmt.Errorf("pattern %q has no table", text), hint)
	}
	table, rest, err := parseGlob(rest[1:])
	if err != nil {
		return badPattern(text, err)
	}
	if rest != "" {
		return hinted(fmt.Errorf("pattern %q has more than two parts", text), "a name with a dot in it goes between backquotes")
	}
	*p = Pattern{text: text, db: db, table: table}
	return nil
}

func badPattern(text string, err error) error {
	return hinted(fmt.Errorf("pattern %q: %w", text, err), `write "database.table", with * and ? as wildcards`)
}

// parseGlob reads one name and returns what follows it: nothing, or a dot and more.
func parseGlob(text string) (glob, string, error) {
	var g glob
	quoted := false
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		switch {
		case c == '`' && quoted && i+1 < len(runes) && runes[i+1] == '`':
			g = append(g, globRune{char: '`'})
			i++
		case c == '`' && quoted:
			if i+1 < len(runes) && runes[i+1] != '.' {
				return nil, "", errors.New("text after the closing backquote")
			}
			quoted = false
		case c == '`' && i == 0:
			quoted = true
		case quoted:
			g = append(g, globRune{char: c})
		case c == '.':
			if len(g) == 0 {
				return nil, "", errors.New("a name is empty")
			}
			return g, string(runes[i:]), nil
		case c == '*' || c == '?':
			if n := len(g); c == '*' && n > 0 && g[n-1] == (globRune{'*', true}) {
				continue // ** says no more than *
			}
			g = append(g, globRune{char: c, wild: true})
		case strings.ContainsRune("[]{}()|^$!,;:'\"\\/% \t\n`", c):
			return nil, "", fmt.Errorf("%q is neither a wildcard nor part of a plain name; put the name between backquotes if it is meant", c)
		default:
			g = append(g, globRune{char: c})
		}
	}
	if quoted {
		return nil, "", errors.New("the closing backquote is missing")
	}
	if len(g) == 0 {
		return nil, "", errors.New("a name is empty")
	}
	return g, "", nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Match reports whether the table is named by the pattern.
func (p Pattern) Match(db, table string) bool {
	return len(p.db) > 0 && p.db.match(db) && p.table.match(table)
}

// Covers reports whether every table other names is certainly named by p too.
func (p Pattern) Covers(other Pattern) bool {
	return len(p.db) > 0 && len(other.db) > 0 && p.db.covers(other.db) && p.table.covers(other.table)
}

func (g glob) match(name string) bool {
	runes := make(glob, 0, len(name))
	for _, c := range name {
		runes = append(runes, globRune{char: c})
	}
	return g.covers(runes)
}

// covers matches g against another glob, whose ? only a ? or * of g can match
// and whose * only a * can. For a name without wildcards this is plain matching.
// It is the usual two-pointer walk that goes back to the last star.
func (g glob) covers(other glob) bool {
	i, j := 0, 0
	star, mark := -1, 0
	for j < len(other) {
		switch {
		case i < len(g) && g[i] == globRune{'*', true}:
			star, mark = i, j
			i++
		case i < len(g) && g[i].one(other[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(g) && g[i] == (globRune{'*', true}) {
		i++
	}
	return i == len(g)
}

func (r globRune) one(other globRune) bool {
	if r == (globRune{'?', true}) {
		return other != globRune{'*', true}
	}
	return r == other
}
