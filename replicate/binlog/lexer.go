package binlog

import (
	"errors"
	"strings"
)

// tokenKind is what a token of a statement is.
type tokenKind uint8

const (
	tokenWord  tokenKind = iota + 1 // a bare word: keyword, identifier or number
	tokenName                       // a quoted identifier, without its quotes
	tokenText                       // a string literal, without its quotes
	tokenOther                      // one other character
)

// token is one token of a statement, and where it begins and ends there.
type token struct {
	kind       tokenKind
	text       string
	begin, end int
}

// is tells whether the token is this keyword.
func (t token) is(keyword string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.text, keyword)
}

func (t token) char(c byte) bool { return t.kind == tokenOther && t.text[0] == c }

// The bits of sql_mode that change how a statement is read.
const (
	modeANSIQuotes         = 1 << 2
	modeNoBackslashEscapes = 1 << 20
)

var errLexer = errors.New("a comment, string or name does not end")

// lexer cuts a statement into tokens. It knows no grammar: the server at the
// other end parses the statement, all that is needed here is what kind of
// statement it is and which tables it names.
type lexer struct {
	sql    string
	pos    int
	mode   uint64
	tokens []token
	// executable counts the open /*! comments, whose insides are code.
	executable int
}

func tokenize(sql string, mode uint64) ([]token, error) {
	l := lexer{sql: sql, mode: mode}
	for l.pos < len(sql) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	if l.executable > 0 {
		return nil, errLexer
	}
	return l.tokens, nil
}

func (l *lexer) next() error {
	c := l.sql[l.pos]
	rest := l.sql[l.pos:]
	switch {
	case c <= ' ':
		l.pos++
	case c == '#', strings.HasPrefix(rest, "--") && (len(rest) == 2 || rest[2] <= ' '):
		i := strings.IndexByte(rest, '\n')
		if i < 0 {
			i = len(rest) - 1
		}
		l.pos += i + 1
	case strings.HasPrefix(rest, "/*!"):
		l.executable++
		l.pos += 3
		for l.pos < len(l.sql) && l.sql[l.pos] >= '0' && l.sql[l.pos] <= '9' {
			l.pos++
		}
	case l.executable > 0 && strings.HasPrefix(rest, "*/"):
		l.executable--
		l.pos += 2
	case strings.HasPrefix(rest, "/*"):
		i := strings.Index(rest[2:], "*/")
		if i < 0 {
			return errLexer
		}
		l.pos += 2 + i + 2
	case c == '`':
		return l.quoted(tokenName)
	case c == '"' && l.mode&modeANSIQuotes != 0:
		return l.quoted(tokenName)
	case c == '"', c == '\'':
		return l.quoted(tokenText)
	case wordByte(c):
		begin := l.pos
		for l.pos < len(l.sql) && wordByte(l.sql[l.pos]) {
			l.pos++
		}
		l.add(tokenWord, l.sql[begin:l.pos], begin)
	default:
		l.pos++
		l.add(tokenOther, l.sql[l.pos-1:l.pos], l.pos-1)
	}
	return nil
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' ||
		c == '_' || c == '$' || c >= 0x80
}

// quoted reads to the closing quote; a doubled one stands for itself.
func (l *lexer) quoted(kind tokenKind) error {
	begin := l.pos
	quote := l.sql[begin]
	var text strings.Builder
	for i := begin + 1; i < len(l.sql); i++ {
		c := l.sql[i]
		switch {
		case c == quote && i+1 < len(l.sql) && l.sql[i+1] == quote:
			text.WriteByte(c)
			i++
		case c == quote:
			l.pos = i + 1
			l.add(kind, text.String(), begin)
			return nil
		case c == '\\' && kind == tokenText && l.mode&modeNoBackslashEscapes == 0:
			i++
			if i < len(l.sql) {
				text.WriteByte(l.sql[i])
			}
		default:
			text.WriteByte(c)
		}
	}
	return errLexer
}

func (l *lexer) add(kind tokenKind, text string, begin int) {
	l.tokens = append(l.tokens, token{kind: kind, text: text, begin: begin, end: l.pos})
}
