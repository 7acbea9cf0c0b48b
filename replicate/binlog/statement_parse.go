package binlog

import (
	"strings"

	"tandem/internal/schema"
)

// object is what a statement is about.
type object uint8

const (
	objectUnknown object = iota
	objectTable
	objectIndex
	objectSchema
	objectView
	objectTrigger
	objectRoutine
	objectEvent
	objectAccount
	objectServer
	objectData // rows: INSERT, UPDATE and so on
	objectMaintenance
)

// parsed is what has been found out about a statement.
type parsed struct {
	verb      string // the first word, in upper case
	object    object
	temporary bool
	ifExists  bool
	database  string
	// tables are those that the statement changes, in order.
	tables []schema.Name
	// renamed holds the new name of each table of a RENAME TABLE, or the one of
	// ALTER TABLE … RENAME.
	renamed []schema.Name
	// computed is set for CREATE TABLE … SELECT where the rows are not in the
	// binlog, but the query is.
	computed bool
	// tablespace is set for ALTER TABLE … DISCARD or IMPORT TABLESPACE.
	tablespace bool
	// startTransaction is where the clause of that name begins, which the server
	// appends to the CREATE TABLE of a CREATE TABLE … SELECT, or -1.
	startTransaction int
}

// statementParser walks over the tokens of one statement.
type statementParser struct {
	tokens []token
	pos    int
	schema string // default schema
	lower  bool   // table names are compared in lower case
}

func (p *statementParser) peek() token {
	if p.pos < len(p.tokens) {
		return p.tokens[p.pos]
	}
	return token{kind: tokenOther, text: "\x00"}
}

// accept consumes a keyword, if it is next.
func (p *statementParser) accept(keywords ...string) bool {
	for _, k := range keywords {
		if p.peek().is(k) {
			p.pos++
			return true
		}
	}
	return false
}

func (p *statementParser) acceptChar(c byte) bool {
	if p.peek().char(c) {
		p.pos++
		return true
	}
	return false
}

// identifier consumes a quoted or bare name.
func (p *statementParser) identifier() (string, bool) {
	t := p.peek()
	if t.kind != tokenName && t.kind != tokenWord {
		return "", false
	}
	p.pos++
	if p.lower {
		return strings.ToLower(t.text), true
	}
	return t.text, true
}

// name consumes a table's name, with or without its schema.
func (p *statementParser) name() (schema.Name, bool) {
	first, ok := p.identifier()
	if !ok {
		return schema.Name{}, false
	}
	if !p.acceptChar('.') {
		return schema.Name{Schema: p.schema, Table: first}, true
	}
	second, ok := p.identifier()
	return schema.Name{Schema: first, Table: second}, ok
}

// parse finds out what the statement is about. It returns false for what it
// does not understand.
func (p *statementParser) parse() (parsed, bool) {
	s := parsed{startTransaction: -1}
	if p.peek().kind != tokenWord {
		// A query in parentheses changes nothing that a binlog would have.
		return s, false
	}
	s.verb = strings.ToUpper(p.peek().text)
	p.pos++
	switch s.verb {
	case "CREATE", "ALTER", "DROP":
		return p.definition(s)
	case "RENAME":
		return p.rename(s)
	case "TRUNCATE":
		p.accept("TABLE")
		s.object = objectTable
		return p.oneTable(s)
	case "GRANT", "REVOKE":
		s.object = objectAccount
		return s, true
	case "SET":
		s.object = objectAccount
		return s, p.accept("PASSWORD", "DEFAULT")
	case "ANALYZE", "OPTIMIZE", "REPAIR", "CHECK", "FLUSH", "CACHE":
		s.object = objectMaintenance
		return s, true
	case "INSTALL", "UNINSTALL":
		s.object = objectServer
		return s, true
	case "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "CALL", "DO", "WITH", "SELECT":
		s.object = objectData
		return s, true
	}
	return s, false
}

// definition parses CREATE, ALTER and DROP up to the object's kind.
func (p *statementParser) definition(s parsed) (parsed, bool) {
	for p.pos < len(p.tokens) {
		t := p.peek()
		p.pos++
		if t.kind != tokenWord {
			continue
		}
		switch strings.ToUpper(t.text) {
		case "DEFINER":
			p.skipDefiner()
		case "TEMPORARY":
			s.temporary = true
		case "TABLE", "TABLES":
			s.object = objectTable
			return p.table(s)
		case "INDEX":
			s.object = objectIndex
			return p.index(s)
		case "DATABASE", "SCHEMA":
			s.object = objectSchema
			return p.database(s)
		case "VIEW":
			s.object = objectView
			return s, true
		case "TRIGGER":
			s.object = objectTrigger
			return s, true
		case "PROCEDURE", "FUNCTION", "LIBRARY":
			s.object = objectRoutine
			return s, true
		case "EVENT":
			s.object = objectEvent
			return s, true
		case "USER", "ROLE":
			s.object = objectAccount
			return s, true
		case "SERVER", "TABLESPACE", "LOGFILE", "RESOURCE", "REFERENCE", "INSTANCE":
			s.object = objectServer
			return s, true
		}
	}
	return s, false
}

// skipDefiner steps over = user@host, either part of which may look like a
// keyword.
func (p *statementParser) skipDefiner() {
	if !p.acceptChar('=') {
		return // SQL SECURITY DEFINER
	}
	p.pos++
	if p.acceptChar('@') {
		p.pos++
	}
}

func (p *statementParser) existence(s *parsed) {
	if p.accept("IF") {
		p.accept("NOT")
		s.ifExists = p.accept("EXISTS")
	}
}

func (p *statementParser) database(s parsed) (parsed, bool) {
	p.existence(&s)
	s.database = p.schema
	if t := p.peek(); t.kind == tokenName || t.kind == tokenWord && !databaseOption(t) {
		s.database, _ = p.identifier()
	}
	return s, true
}

// databaseOption tells what may follow ALTER DATABASE when no name does.
func databaseOption(t token) bool {
	for _, k := range []string{"DEFAULT", "CHARACTER", "CHARSET", "COLLATE", "ENCRYPTION", "READ", "UPGRADE"} {
		if t.is(k) {
			return true
		}
	}
	return false
}

func (p *statementParser) index(s parsed) (parsed, bool) {
	for p.pos < len(p.tokens) {
		if p.accept("ON") {
			return p.oneTable(s)
		}
		p.pos++
	}
	return s, false
}

func (p *statementParser) oneTable(s parsed) (parsed, bool) {
	n, ok := p.name()
	s.tables = append(s.tables, n)
	return s, ok
}

func (p *statementParser) rename(s parsed) (parsed, bool) {
	if p.accept("USER") {
		s.object = objectAccount
		return s, true
	}
	if !p.accept("TABLE", "TABLES") {
		return s, false
	}
	s.object = objectTable
	for {
		from, ok := p.name()
		if !ok || !p.accept("TO") {
			return s, false
		}
		to, ok := p.name()
		if !ok {
			return s, false
		}
		s.tables, s.renamed = append(s.tables, from), append(s.renamed, to)
		if !p.acceptChar(',') {
			return s, p.pos == len(p.tokens) || p.peek().char(';')
		}
	}
}

func (p *statementParser) table(s parsed) (parsed, bool) {
	p.existence(&s)
	s, ok := p.oneTable(s)
	if !ok {
		return s, false
	}
	switch s.verb {
	case "DROP":
		for p.acceptChar(',') {
			if s, ok = p.oneTable(s); !ok {
				return s, false
			}
		}
	case "CREATE":
		p.createTable(&s)
	case "ALTER":
		return p.alterTable(s)
	}
	return s, true
}

// createTable looks for a query, and for the clause that stands for one.
func (p *statementParser) createTable(s *parsed) {
	n := len(p.tokens)
	if n >= 2 && p.tokens[n-1].is("TRANSACTION") && p.tokens[n-2].is("START") {
		s.startTransaction = p.tokens[n-2].begin
	}
	for i := p.pos; i < n; i++ {
		t := p.tokens[i]
		next := token{}
		if i+1 < n {
			next = p.tokens[i+1]
		}
		if t.is("SELECT") || t.is("AS") && (next.is("TABLE") || next.is("VALUES") || next.is("WITH")) {
			s.computed = true
		}
	}
}

// alterTable looks for the clauses that concern further tables. Inside
// parentheses are only columns, keys and partitions.
func (p *statementParser) alterTable(s parsed) (parsed, bool) {
	depth := 0
	for p.pos < len(p.tokens) {
		t := p.peek()
		p.pos++
		switch {
		case t.char('('):
			depth++
		case t.char(')'):
			depth--
		case depth > 0:
		case t.is("RENAME"):
			if p.accept("COLUMN", "INDEX", "KEY", "CONSTRAINT") {
				continue
			}
			if !p.accept("TO", "AS") {
				p.acceptChar('=')
			}
			to, ok := p.name()
			if !ok {
				return s, false
			}
			s.renamed = []schema.Name{to}
		case t.is("EXCHANGE") && p.accept("PARTITION"):
			p.identifier()
			if !p.accept("WITH") || !p.accept("TABLE") {
				return s, false
			}
			other, ok := p.name()
			if !ok {
				return s, false
			}
			s.tables = append(s.tables, other)
		case t.is("TABLESPACE") && p.pos >= 2 && (p.tokens[p.pos-2].is("DISCARD") || p.tokens[p.pos-2].is("IMPORT")):
			s.tablespace = true
		}
	}
	return s, depth == 0
}
