package schemadiff

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"tandem/internal/schema"
)

// shown is what is taken from SHOW CREATE TABLE: information_schema writes
// expressions with quotes that can not be read back, and has no parsers.
type shown struct {
	defaults   map[string]string // by column: DEFAULT (...)
	generated  map[string]string // by column: GENERATED ALWAYS AS (...)
	keys       map[string]string // by key: what stands in its parentheses
	parsers    map[string]string // by key: WITH PARSER
	checks     []check
	partitions string // the clause, without markers
}

// check is a CHECK constraint.
type check struct {
	name     string
	clause   string // with its parentheses
	enforced bool
}

func showTable(ctx context.Context, q queryer, t schema.Name) (*shown, error) {
	var name, statement string
	err := q.QueryRowContext(ctx, "SHOW CREATE TABLE "+t.Quoted()).Scan(&name, &statement)
	if err != nil {
		return nil, fmt.Errorf("show table %s: %w", t, err)
	}
	return parseTable(statement), nil
}

// queryer is a pool or one of its sessions.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func parseTable(statement string) *shown {
	s := &shown{defaults: map[string]string{}, generated: map[string]string{}, keys: map[string]string{}, parsers: map[string]string{}}
	tokens := tokenize(statement)
	open := find(tokens, 0, 0, "(")
	if open < 0 {
		return s
	}
	end := closing(tokens, open)
	start := open + 1
	for i := start; i <= end; i++ {
		if i >= len(tokens) || i == end || tokens[i].depth == 1 && tokens[i].is(",") {
			s.definition(tokens[start:i])
			start = i + 1
		}
	}
	if at := find(tokens, end+1, 0, "PARTITION", "BY"); at >= 0 {
		s.partitions = partitionClause(tokens[at:])
	}
	return s
}

// definition takes in one column, key or constraint.
func (s *shown) definition(tokens []token) {
	i := next(tokens, 0)
	if i >= len(tokens) {
		return
	}
	if tokens[i].kind == name {
		s.column(unquoteName(tokens[i].text), tokens[i+1:])
		return
	}
	if at := find(tokens, i, 1, "CHECK"); at >= 0 && tokens[i].is("CONSTRAINT") {
		if clause, end, ok := inside(tokens, next(tokens, at+1)); ok {
			s.checks = append(s.checks, check{
				name:     unquoteName(tokens[next(tokens, i+1)].text),
				clause:   "(" + clause + ")",
				enforced: find(tokens, end, 1, "NOT", "ENFORCED") < 0,
			})
		}
		return
	}
	at := find(tokens, i, 1, "KEY")
	parts, end, ok := inside(tokens, find(tokens, i, 1, "("))
	if at < 0 || !ok || tokens[i].is("CONSTRAINT") {
		return
	}
	key := "PRIMARY"
	if n := next(tokens, at+1); !tokens[i].is("PRIMARY") && n < len(tokens) {
		key = unquoteName(tokens[n].text)
	}
	s.keys[key] = parts
	if p := find(tokens, end, 1, "WITH", "PARSER"); p >= 0 {
		if p = next(tokens, matches(tokens, p, []string{"WITH", "PARSER"})); p < len(tokens) {
			s.parsers[key] = unquoteName(tokens[p].text)
		}
	}
}

func (s *shown) column(column string, tokens []token) {
	for _, from := range []struct {
		words []string
		to    map[string]string
	}{{[]string{"DEFAULT"}, s.defaults}, {[]string{"GENERATED", "ALWAYS", "AS"}, s.generated}} {
		at := find(tokens, 0, 1, from.words...)
		if at < 0 {
			continue
		}
		if expression, _, ok := inside(tokens, next(tokens, matches(tokens, at, from.words))); ok {
			from.to[column] = expression
		}
	}
}

// partitionClause is the clause without what names a place on a machine.
func partitionClause(tokens []token) string {
	var b strings.Builder
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.kind == marker {
			continue
		}
		if end := placeOption(tokens, i); end > i {
			i = end - 1
			continue
		}
		b.WriteString(t.text)
	}
	return strings.TrimSpace(b.String())
}

// placeOption returns the index behind an option that begins at i, i if none
// does.
func placeOption(tokens []token, i int) int {
	for _, words := range [][]string{{"DATA", "DIRECTORY"}, {"INDEX", "DIRECTORY"}, {"TABLESPACE"}} {
		at := matches(tokens, i, words)
		if at < 0 {
			continue
		}
		at = next(tokens, at)
		if at < len(tokens) && tokens[at].is("=") {
			at = next(tokens, at+1)
		}
		return min(at+1, len(tokens))
	}
	return i
}
