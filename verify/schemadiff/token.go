package schemadiff

import "strings"

// kind is what a token of SQL text is.
type kind uint8

const (
	space  kind = iota // white space and comments
	word               // a keyword, a number, a name without quotes
	name               // a name in back-ticks
	text               // a string literal
	punct              // one character
	marker             // the start or the end of a version comment
)

// token is a piece of SQL text. Put together again, the tokens of a text are
// the text.
type token struct {
	kind  kind
	text  string
	depth int // of parentheses around it
}

// tokenize cuts what a server prints, or what somebody wrote as the body of a
// routine, into tokens. What stands in a version comment is cut like everything
// else.
func tokenize(sql string) []token {
	var tokens []token
	depth := 0
	for len(sql) > 0 {
		n, k := scan(sql)
		t := token{kind: k, text: sql[:n], depth: depth}
		switch {
		case k == punct && t.text == "(":
			depth++
		case k == punct && t.text == ")":
			depth--
			t.depth = depth
		}
		tokens = append(tokens, t)
		sql = sql[n:]
	}
	return tokens
}

func scan(s string) (length int, k kind) {
	switch c := s[0]; {
	case isSpace(c):
		return span(s, isSpace), space
	case c == '`':
		return quotedLength(s, false), name
	case c == '\'', c == '"':
		return quotedLength(s, true), text
	case strings.HasPrefix(s, "/*!"):
		return 3 + span(s[3:], isDigit), marker
	case strings.HasPrefix(s, "*/"):
		return 2, marker
	case strings.HasPrefix(s, "/*+"):
		return through(s, "*/"), text // an optimizer hint means something
	case strings.HasPrefix(s, "/*"):
		return through(s, "*/"), space
	case c == '#', strings.HasPrefix(s, "--") && (len(s) == 2 || s[2] <= ' '):
		return through(s, "\n"), space
	case isWord(c):
		return span(s, isWord), word
	}
	return 1, punct
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || c == '$' || c == '@' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func span(s string, is func(byte) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

func through(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
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

// next returns the index of the first token from i on that is neither space
// nor a marker, len(tokens) if there is none.
func next(tokens []token, i int) int {
	for i < len(tokens) && (tokens[i].kind == space || tokens[i].kind == marker) {
		i++
	}
	return i
}

// find returns the index of the first token from i on, at that depth, where
// the words begin, -1 if there is none.
func find(tokens []token, i, depth int, words ...string) int {
	for ; i < len(tokens); i++ {
		if tokens[i].depth == depth && matches(tokens, i, words) >= 0 {
			return i
		}
	}
	return -1
}

// matches returns the index behind the words if they begin at i, else -1.
func matches(tokens []token, i int, words []string) int {
	for n, w := range words {
		if n > 0 {
			i = next(tokens, i)
		}
		if i >= len(tokens) || !tokens[i].is(w) {
			return -1
		}
		i++
	}
	return i
}

// closing returns the index of the parenthesis that closes the one at i,
// len(tokens) if there is none.
func closing(tokens []token, i int) int {
	for j := i + 1; j < len(tokens); j++ {
		if tokens[j].depth == tokens[i].depth && tokens[j].is(")") {
			return j
		}
	}
	return len(tokens)
}

// inside returns what stands in the parentheses that open at i, and the index
// of the one that closes them. It is false where there are none.
func inside(tokens []token, i int) (within string, end int, ok bool) {
	if i < 0 || i >= len(tokens) || !tokens[i].is("(") {
		return "", 0, false
	}
	end = closing(tokens, i)
	return join(tokens[i+1 : end]), end, end < len(tokens)
}

func unquoteName(s string) string {
	if len(s) < 2 || s[0] != '`' {
		return s
	}
	return strings.ReplaceAll(s[1:len(s)-1], "``", "`")
}

// quoteText returns a string literal that every sql_mode but
// NO_BACKSLASH_ESCAPES reads back as s.
func quoteText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''", "\x00", `\0`).Replace(s) + "'"
}
