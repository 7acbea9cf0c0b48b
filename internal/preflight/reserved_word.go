package preflight

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
)

// codeSyntax is the server's number for a statement that it can not read.
const codeSyntax = 1064

var plainWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checkReservedWords tells of names that have become words of the language on the
// target. Whether they are such words on the source is found by trying.
func checkReservedWords(ctx context.Context, s *state) ([]Finding, error) {
	if !s.TargetFacts.Version.AtLeast(8, 0, 13) {
		return none("the target does not list its reserved words")
	}
	words, err := reserved(ctx, s.on(Target))
	if err != nil {
		return nil, err
	}
	used := map[string]string{} // by word: where
	var order []string
	use := func(name, where string) {
		word := strings.ToUpper(name)
		if !words[word] || used[word] != "" || !plainWord.MatchString(name) {
			return
		}
		used[word] = where
		order = append(order, word)
	}
	for _, t := range s.tables {
		use(t.Schema, "the database "+t.Schema)
		use(t.Table, "the table "+t.String())
		for i := range t.Columns {
			use(t.Columns[i].Name, t.String()+"."+t.Columns[i].Name)
		}
	}
	slices.Sort(order)
	var names []string
	for _, word := range order {
		var one int
		err := s.Source.QueryRowContext(ctx, "SELECT 1 AS "+word).Scan(&one)
		if code, _ := mysqldb.Code(err); code == codeSyntax {
			continue // applications write it in quotes already
		}
		if err != nil {
			return nil, fmt.Errorf("try the word %s: %w", word, err)
		}
		names = append(names, word+" ("+used[word]+")")
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "names are reserved words on the target and were none on the source: statements that do not quote them fail after a handover",
		list(names), "write these names between back-ticks in the applications' statements, views and routines, or rename them")
}

func reserved(ctx context.Context, v *server) (map[string]bool, error) {
	rows, err := v.db.QueryContext(ctx, "SELECT WORD FROM information_schema.KEYWORDS WHERE RESERVED=1")
	if err != nil {
		return nil, fmt.Errorf("list reserved words: %w", err)
	}
	defer rows.Close()
	words := map[string]bool{}
	for rows.Next() {
		var w string
		if err := rows.Scan(&w); err != nil {
			return nil, fmt.Errorf("list reserved words: %w", err)
		}
		words[strings.ToUpper(w)] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list reserved words: %w", err)
	}
	return words, nil
}
