package sqltoken

import "strings"

// Kind is what a token is.
type Kind uint8

// The kinds.
const (
	Space  Kind = iota // white space and comments
	Word               // a keyword, a number, a name without quotes
	Name               // a name in back-ticks
	Text               // a string literal, or an optimizer hint
	Punct              // one character
	Marker             // the start or the end of a version comment
)

// Token is a piece of SQL text.
type Token struct {
	Kind  Kind
	Text  string
	Depth int // of parentheses around it
}

// Is tells whether the token is that keyword or punctuation.
func (t Token) Is(what string) bool {
	return (t.Kind == Word || t.Kind == Punct) && strings.EqualFold(t.Text, what)
}

// Cut cuts what a server prints, or what somebody wrote as the body of a
// routine, into tokens. What stands in a version comment is cut like everything
// else.
func Cut(sql string) []Token {
	var tokens []Token
	depth := 0
	for len(sql) > 0 {
		n, kind := scan(sql)
		t := Token{Kind: kind, Text: sql[:n], Depth: depth}
		switch {
		case kind == Punct && t.Text == "(":
			depth++
		case kind == Punct && t.Text == ")":
			depth--
			t.Depth = depth
		}
		tokens = append(tokens, t)
		sql = sql[n:]
	}
	return tokens
}

// Join puts tokens together again.
func Join(tokens []Token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.Text)
	}
	return b.String()
}

func scan(s string) (length int, kind Kind) {
	switch c := s[0]; {
	case isSpace(c):
		return span(s, isSpace), Space
	case c == '`':
		return quoted(s, false), Name
	case c == '\'', c == '"':
		return quoted(s, true), Text
	case strings.HasPrefix(s, "/*!"):
		return 3 + span(s[3:], isDigit), Marker
	case strings.HasPrefix(s, "*/"):
		return 2, Marker
	case strings.HasPrefix(s, "/*+"):
		return through(s, "*/"), Text // an optimizer hint means something
	case strings.HasPrefix(s, "/*"):
		return through(s, "*/"), Space
	case c == '#', strings.HasPrefix(s, "--") && (len(s) == 2 || s[2] <= ' '):
		return through(s, "\n"), Space
	case isWord(c):
		return span(s, isWord), Word
	}
	return 1, Punct
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

// quoted returns the length of a quoted run: a doubled quote does not end it,
// nor does one behind a backslash where those escape.
func quoted(s string, backslash bool) int {
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
