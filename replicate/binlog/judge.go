package binlog

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// verdict is what to do with a statement. Exactly one of its parts is set.
type verdict struct {
	skip    string // reason
	deliver *change.Statement
	refuse  *RefusedError // without its GTID
}

func skip(reason string) verdict { return verdict{skip: reason} }

func refuse(table schema.Name, reason, hint string) verdict {
	return verdict{refuse: &RefusedError{Table: table, Reason: reason, Hint: hint}}
}

// judge decides about statements.
type judge struct {
	replicated func(schema.Name) bool
	schema     func(string) bool // whether a schema may hold replicated tables
	lower      bool
}

const hintRow = "set binlog_format=ROW on the server, for running sessions too, and copy the table again"

// statement decides about a statement that stands where DDL stands. What is not
// understood is refused if it could be about a replicated table.
func (j *judge) statement(q *queryEvent, timestamp uint32) verdict {
	sql, ok := decodeSQL(q.sql, q.vars.charsetClient)
	if !ok {
		if o := j.bytewise(q); o > objectIndex && o != objectSchema && o != objectData {
			return skip(skipReason(o))
		}
		return j.unclear(q, nil, fmt.Sprintf("the statement is written in a character set that is not supported (id %d): %s",
			q.vars.charsetClient, excerpt(q.sql)))
	}
	tokens, err := tokenize(sql, q.vars.sqlMode)
	if err != nil {
		return j.unclear(q, nil, fmt.Sprintf("the statement can not be read (%v): %s", err, excerpt(q.sql)))
	}
	p := statementParser{tokens: tokens, schema: j.fold(string(q.schema)), lower: j.lower}
	s, ok := p.parse()
	if !ok {
		return j.unclear(q, tokens, "the statement is not understood: "+excerpt(q.sql))
	}
	switch s.object {
	case objectTable, objectIndex:
		v := j.table(q, &s, timestamp)
		if engine := otherEngine(tokens); engine != "" && v.deliver != nil {
			return refuse(v.deliver.Tables[0], "the storage engine "+engine+" can not roll back: "+excerpt(q.sql),
				"change the table's engine to InnoDB, and copy it again, or exclude the table")
		}
		return v
	case objectSchema:
		return j.database(q, &s, timestamp)
	case objectData:
		return j.unclear(q, tokens, "rows are written as a statement: "+excerpt(q.sql))
	}
	return skip(skipReason(s.object))
}

// bytewise finds out what a statement is about whose character set is not known.
// Such a set has one byte for each character, and ASCII as its lower half: what is
// not told are letters in names, and the keywords are not among them.
func (j *judge) bytewise(q *queryEvent) object {
	tokens, err := tokenize(string(q.sql), q.vars.sqlMode)
	if err != nil {
		return objectUnknown
	}
	p := statementParser{tokens: tokens, schema: j.fold(string(q.schema)), lower: j.lower}
	s, ok := p.parse()
	if !ok {
		return objectUnknown
	}
	return s.object
}

func skipReason(o object) string {
	switch o {
	case objectView:
		return SkipView
	case objectTrigger:
		return SkipTrigger
	case objectRoutine:
		return SkipRoutine
	case objectEvent:
		return SkipEvent
	case objectAccount:
		return SkipAccount
	case objectMaintenance:
		return SkipMaintenance
	}
	return SkipServer
}

// otherEngine returns the storage engine that a statement names, if it is one
// that rows and position can not be written to together.
func otherEngine(tokens []token) string {
	for i := range tokens {
		if !tokens[i].is("ENGINE") {
			continue
		}
		next := i + 1
		if next < len(tokens) && tokens[next].char('=') {
			next++
		}
		if next == len(tokens) || tokens[next].kind == tokenOther {
			continue
		}
		name := tokens[next].text
		if knownEngine(name) {
			return name
		}
	}
	return ""
}

// knownEngine tells storage engines from words that may follow a column called
// engine.
func knownEngine(name string) bool {
	return slices.ContainsFunc([]string{
		"MyISAM", "MEMORY", "HEAP", "CSV", "ARCHIVE", "BLACKHOLE", "MERGE", "MRG_MYISAM", "FEDERATED", "NDB", "NDBCLUSTER", "Aria", "RocksDB", "TokuDB",
	}, func(e string) bool { return strings.EqualFold(e, name) })
}

func (j *judge) fold(name string) string {
	if j.lower {
		return strings.ToLower(name)
	}
	return name
}

// unclear refuses a statement unless it can not touch replicated tables: the
// server says which schemas it wrote to, or else every schema that it names,
// and the default one, count.
func (j *judge) unclear(q *queryEvent, tokens []token, reason string) verdict {
	schemas := q.vars.updated
	if !q.vars.updatedKnown {
		schemas = []string{string(q.schema)}
		for i := 1; i+1 < len(tokens); i++ {
			if tokens[i].char('.') && tokens[i-1].kind != tokenText {
				schemas = append(schemas, tokens[i-1].text)
			}
		}
	}
	if i := slices.IndexFunc(schemas, func(s string) bool { return s != "" && j.schema(j.fold(s)) }); i >= 0 {
		return refuse(schema.Name{}, reason+" (in database "+schemas[i]+")", hintRow)
	}
	if len(tokens) == 0 && !q.vars.updatedKnown {
		return refuse(schema.Name{}, reason, hintRow)
	}
	return skip(SkipStatement)
}

// table decides about DDL on tables and indexes.
func (j *judge) table(q *queryEvent, s *parsed, timestamp uint32) verdict {
	if s.temporary {
		return skip(SkipTemporary)
	}
	var ours []schema.Name
	for _, n := range s.tables {
		if !systemSchema(n.Schema) && j.replicated(n) {
			ours = append(ours, n)
		}
	}
	if s.renamed != nil {
		if v, done := j.renamed(s); done {
			return v
		}
	}
	if len(ours) == 0 {
		return skip(SkipStatement)
	}
	switch {
	case q.errorCode != 0:
		return refuse(ours[0], fmt.Sprintf("the statement failed half-way on the server, with error %d: %s",
			q.errorCode, excerpt(q.sql)), "bring the table to the same state on both sides, and copy it again")
	case s.computed:
		return refuse(ours[0], "a table is created from a query: "+excerpt(q.sql), hintRow)
	case s.tablespace:
		return refuse(ours[0], "a tablespace is discarded or imported, so rows change that are not in the binlog",
			"copy the table again")
	case len(ours) < len(s.tables) && s.verb != "DROP":
		return refuse(ours[0], "the statement is also about tables that are not replicated: "+excerpt(q.sql),
			"replicate all of them, or none")
	}
	st := q.statement(timestamp)
	st.Tables = append(ours, s.renamed...)
	if len(ours) < len(s.tables) {
		st.SQL = dropTables(ours, s.ifExists)
	}
	if s.startTransaction >= 0 {
		st.SQL = cutStart(st.SQL)
	}
	return verdict{deliver: st}
}

// cutStart takes START TRANSACTION off the end of a statement. It is ASCII,
// whatever the rest is written in.
func cutStart(sql string) string {
	for i := len(sql) - len("START"); i >= 0; i-- {
		if strings.EqualFold(sql[i:i+len("START")], "START") {
			return strings.TrimSpace(sql[:i])
		}
	}
	return sql
}

// renamed settles RENAMEs that cross the border of what is replicated.
func (j *judge) renamed(s *parsed) (verdict, bool) {
	for i, to := range s.renamed {
		from := s.tables[min(i, len(s.tables)-1)]
		was, is := j.replicated(from), j.replicated(to)
		if was != is {
			table, other := from, to
			if is {
				table, other = to, from
			}
			return refuse(table, fmt.Sprintf("%s is renamed to %s, of which only %s is replicated", from, to, table),
				"include "+other.String()+" as well, and copy both"), true
		}
	}
	return verdict{}, false
}

func dropTables(tables []schema.Name, ifExists bool) string {
	sql := "DROP TABLE "
	if ifExists {
		sql += "IF EXISTS "
	}
	for i, n := range tables {
		if i > 0 {
			sql += ", "
		}
		sql += n.Quoted()
	}
	return sql
}

// database decides about CREATE, ALTER and DROP DATABASE.
func (j *judge) database(q *queryEvent, s *parsed, timestamp uint32) verdict {
	if systemSchema(s.database) || !j.schema(s.database) {
		return skip(SkipStatement)
	}
	if s.verb == "DROP" {
		return refuse(schema.Name{}, "schema "+s.database+", which holds replicated tables, is dropped",
			"drop it on the other side by hand, and take its tables out of the configuration")
	}
	return verdict{deliver: q.statement(timestamp)}
}

// excerpt is the beginning of a statement, for a message. Literals could be
// secrets: what follows the first one is left out.
func excerpt(sql []byte) string {
	const most = 80
	s := strings.Join(strings.Fields(string(sql[:min(len(sql), 4*most)])), " ")
	cut := strings.IndexAny(s, `'"`)
	if cut < 0 || cut > most {
		cut = min(len(s), most)
	}
	if cut < len(s) || len(sql) > 4*most {
		return strings.ToValidUTF8(s[:cut], "?") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}
