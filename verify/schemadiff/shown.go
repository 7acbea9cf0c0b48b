package schemadiff

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
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
	tokens := sqltoken.Cut(statement)
	open := sqltoken.Find(tokens, 0, 0, "(")
	if open < 0 {
		return s
	}
	end := sqltoken.Closing(tokens, open)
	start := open + 1
	for i := start; i <= end; i++ {
		if i >= len(tokens) || i == end || tokens[i].Depth == 1 && tokens[i].Is(",") {
			s.definition(tokens[start:i])
			start = i + 1
		}
	}
	if at := sqltoken.Find(tokens, end+1, 0, "PARTITION", "BY"); at >= 0 {
		s.partitions = partitionClause(tokens[at:])
	}
	return s
}

// definition takes in one column, key or constraint.
func (s *shown) definition(tokens []sqltoken.Token) {
	i := sqltoken.Next(tokens, 0)
	if i >= len(tokens) {
		return
	}
	if tokens[i].Kind == sqltoken.Name {
		s.column(sqltoken.Unquote(tokens[i].Text), tokens[i+1:])
		return
	}
	if at := sqltoken.Find(tokens, i, 1, "CHECK"); at >= 0 && tokens[i].Is("CONSTRAINT") {
		if clause, end, ok := sqltoken.Inside(tokens, sqltoken.Next(tokens, at+1)); ok {
			s.checks = append(s.checks, check{
				name:     sqltoken.Unquote(tokens[sqltoken.Next(tokens, i+1)].Text),
				clause:   "(" + clause + ")",
				enforced: sqltoken.Find(tokens, end, 1, "NOT", "ENFORCED") < 0,
			})
		}
		return
	}
	at := sqltoken.Find(tokens, i, 1, "KEY")
	parts, end, ok := sqltoken.Inside(tokens, sqltoken.Find(tokens, i, 1, "("))
	if at < 0 || !ok || tokens[i].Is("CONSTRAINT") {
		return
	}
	key := "PRIMARY"
	if n := sqltoken.Next(tokens, at+1); !tokens[i].Is("PRIMARY") && n < len(tokens) {
		key = sqltoken.Unquote(tokens[n].Text)
	}
	s.keys[key] = parts
	if p := sqltoken.Find(tokens, end, 1, "WITH", "PARSER"); p >= 0 {
		if p = sqltoken.Next(tokens, sqltoken.Behind(tokens, p, []string{"WITH", "PARSER"})); p < len(tokens) {
			s.parsers[key] = sqltoken.Unquote(tokens[p].Text)
		}
	}
}

func (s *shown) column(column string, tokens []sqltoken.Token) {
	for _, from := range []struct {
		words []string
		to    map[string]string
	}{{[]string{"DEFAULT"}, s.defaults}, {[]string{"GENERATED", "ALWAYS", "AS"}, s.generated}} {
		at := sqltoken.Find(tokens, 0, 1, from.words...)
		if at < 0 {
			continue
		}
		if expression, _, ok := sqltoken.Inside(tokens, sqltoken.Next(tokens, sqltoken.Behind(tokens, at, from.words))); ok {
			from.to[column] = expression
		}
	}
}

// partitionClause is the clause without what names a place on a machine.
func partitionClause(tokens []sqltoken.Token) string {
	var b strings.Builder
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.Kind == sqltoken.Marker {
			continue
		}
		if end := placeOption(tokens, i); end > i {
			i = end - 1
			continue
		}
		b.WriteString(t.Text)
	}
	return strings.TrimSpace(b.String())
}

// placeOption returns the index behind an option that begins at i, i if none
// does.
func placeOption(tokens []sqltoken.Token, i int) int {
	for _, words := range [][]string{{"DATA", "DIRECTORY"}, {"INDEX", "DIRECTORY"}, {"TABLESPACE"}} {
		at := sqltoken.Behind(tokens, i, words)
		if at < 0 {
			continue
		}
		at = sqltoken.Next(tokens, at)
		if at < len(tokens) && tokens[at].Is("=") {
			at = sqltoken.Next(tokens, at+1)
		}
		return min(at+1, len(tokens))
	}
	return i
}
