package schemadiff

import (
	"strings"

	"tandem/internal/sqltoken"
)

// spelling says how much of a text is only the way in which it is written.
type spelling struct {
	// words is set where the case of words without quotes means nothing.
	words bool
	// names is set where the case of names means nothing.
	names bool
}

var (
	// ofExpressions holds within a table: keywords, functions and columns.
	ofExpressions = spelling{words: true, names: true}
	// ofViews holds for what a server prints with all names in back-ticks.
	ofViews = spelling{words: true}
	// ofBodies holds for what somebody wrote: a word may be a table.
	ofBodies = spelling{}
)

// normal returns a text in the form in which two servers of any version write
// it alike: no white space or comments, no back-ticks, no display widths, utf8
// under its present name, no introducers of the usual character sets.
func normal(tokens []sqltoken.Token, s spelling) []string {
	kept := make([]sqltoken.Token, 0, len(tokens))
	for _, t := range tokens {
		if t.Kind != sqltoken.Space && t.Kind != sqltoken.Marker {
			kept = append(kept, t)
		}
	}
	kept = withoutDoubles(kept)
	var out []string
	for i := 0; i < len(kept); i++ {
		t := kept[i]
		switch t.Kind {
		case sqltoken.Name:
			n := sqltoken.Unquote(t.Text)
			if s.names {
				n = strings.ToLower(n)
			}
			out = append(out, n)
		case sqltoken.Word:
			w := modernWord(t.Text)
			if s.words {
				w = strings.ToLower(w)
			}
			if usualIntroducer(w) && i+1 < len(kept) && kept[i+1].Kind == sqltoken.Text {
				continue
			}
			out = append(out, w)
			if hasWidth(kept, i) {
				i += 3
			}
		case sqltoken.Text:
			out = append(out, normalText(t.Text))
		default:
			out = append(out, t.Text)
		}
	}
	return out
}

// withoutDoubles takes away a pair of parentheses right inside another.
func withoutDoubles(tokens []sqltoken.Token) []sqltoken.Token {
	gone := map[int]bool{}
	for i := range len(tokens) - 1 {
		if !tokens[i].Is("(") || !tokens[i+1].Is("(") {
			continue
		}
		outer, inner := sqltoken.Closing(tokens, i), sqltoken.Closing(tokens, i+1)
		if outer == inner+1 {
			gone[i+1], gone[inner] = true, true
		}
	}
	var out []sqltoken.Token
	for i, t := range tokens {
		if !gone[i] {
			out = append(out, t)
		}
	}
	return out
}

// normalText writes a string literal with single quotes, and a quote in it in
// one of its two spellings.
func normalText(s string) string {
	if s[0] != '\'' || !strings.Contains(s, `\'`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == '\'' {
				b.WriteString("''")
				continue
			}
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// modernWord gives utf8 and its collations the name that they have since 8.0.30.
func modernWord(w string) string {
	lower := strings.ToLower(w)
	switch {
	case lower == "utf8":
		return "utf8mb3"
	case lower == "_utf8":
		return "_utf8mb3"
	case strings.HasPrefix(lower, "utf8_"):
		return "utf8mb3_" + lower[len("utf8_"):]
	}
	return w
}

func usualIntroducer(w string) bool {
	w = strings.ToLower(w)
	return w == "_utf8mb3" || w == "_utf8mb4"
}

// hasWidth tells whether a display width follows the type at i, which servers
// before 8.0.19 print. Of TINYINT(1) it says something: that is a BOOLEAN.
func hasWidth(tokens []sqltoken.Token, i int) bool {
	if i+3 >= len(tokens) || !tokens[i+1].Is("(") || !tokens[i+3].Is(")") {
		return false
	}
	switch strings.ToLower(tokens[i].Text) {
	case "tinyint":
		return tokens[i+2].Text != "1"
	case "smallint", "mediumint", "int", "integer", "bigint", "year":
		return true
	}
	return false
}

// flat is the normal form as one string.
func flat(sql string, s spelling) string {
	return strings.Join(normal(sqltoken.Cut(sql), s), " ")
}
