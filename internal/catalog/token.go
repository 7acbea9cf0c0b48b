package catalog

import "strings"

// tokenKind is what a token of a statement is.
type tokenKind uint8

const (
	space tokenKind = iota
	word            // a keyword, a number, a name without quotes
	name            // a name in back-ticks
	text            // a string literal
	punct           // one character, or the start or end of a version comment
)

// token is a piece of a statement. Put together again, the tokens of a
// statement are the statement.
type token struct {
	kind  tokenKind
	text  string
	depth int // of parentheses around it
}

// tokenize cuts a statement that SHOW CREATE TABLE has printed into tokens.
// What stands in a version comment is cut like everything else.
func tokenize(sql string) []token {
	var tokens []token
	depth := 0
	for len(sql) > 0 {
		n, kind := nextToken(sql)
		t := token{kind: kind, text: sql[:n], depth: depth}
		switch t.text {
		case "(":
			depth++
		case ")":
			depth--
			t.depth = depth
		}
		tokens = append(tokens, t)
		sql = sql[n:]
	}
	return tokens
}

func nextToken(s string) (length int, kind tokenKind) {
	switch c := s[0]; {
	case isSpace(c):
		return spanOf(s, isSpace), space
	case c == '`':
		return quotedLength(s, false), name
	case c == '\'', c == '"':
		return quotedLength(s, true), text
	case strings.HasPrefix(s, "/*!"):
		return 3 + spanOf(s[3:], func(b byte) bool { return b >= '0' && b <= '9' }), punct
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s, "*/"); end >= 0 {
			return end + 2, space
		}
		return len(s), space
	case strings.HasPrefix(s, "*/"):
		return 2, punct
	case isWord(c):
		return spanOf(s, isWord), word
	}
	return 1, punct
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isWord(c byte) bool {
	return c == '_' || c == '$' || c == '@' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func spanOf(s string, is func(byte) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

// quotedLength returns the length of a quoted run: a doubled quote does not
// end it, nor does one behind a backslash where those escape.
func quotedLength(s string, backslash bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\':
			i++
		case s[i] == s[0] && i+1 < len(s) && s[i+1] == s[0]:
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

func join(tokens []token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.text)
	}
	return b.String()
}

// is tells whether the token is that keyword or punctuation.
func (t token) is(what string) bool {
	return (t.kind == word || t.kind == punct) && strings.EqualFold(t.text, what)
}

// next returns the index of the first token from i on that is not white space,
// len(tokens) if there is none.
func next(tokens []token, i int) int {
	for i < len(tokens) && tokens[i].kind == space {
		i++
	}
	return i
}
