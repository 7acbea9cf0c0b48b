package schemadiff

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// object is a view, a routine, a trigger or an event.
type object struct {
	kind    Kind
	name    schema.Name // database and the object's own name
	table   string      // of a trigger
	slot    string      // of a trigger: BEFORE INSERT
	order   int         // of a trigger: which of those in its slot it is
	definer string      // user@host
	sqlMode string
	// collation is that of the session which made it: its literals have it.
	collation string
	// The statement that makes it: before DEFINER=..., and behind it without the
	// name, which stands where rest begins with it.
	before, rest string
	// Of an event: where a status stands in rest, what it is, and the zone in
	// which its times are written.
	statusAt         int
	status, timeZone string
	// unreadable is why the definition could not be had.
	unreadable string
}

// errNoStatement says that a statement is not what servers are known to print.
var errNoStatement = errors.New("the server's statement could not be read")

// parse takes the statement that a server prints apart.
func (o *object) parse(statement string) error {
	tokens := sqltoken.Cut(statement)
	definer := sqltoken.Find(tokens, 0, 0, "DEFINER", "=")
	if definer < 0 {
		return errNoStatement
	}
	at := sqltoken.Next(tokens, sqltoken.Behind(tokens, definer, []string{"DEFINER", "="}))
	account, end := takeAccount(tokens, at)
	o.before, o.definer = sqltoken.Join(tokens[:definer]), account
	kind := sqltoken.Find(tokens, end, 0, strings.ToUpper(string(o.kind)))
	if kind < 0 {
		return errNoStatement
	}
	at = sqltoken.Next(tokens, kind+1)
	if n := sqltoken.Behind(tokens, at, []string{"IF", "NOT", "EXISTS"}); n >= 0 {
		at = sqltoken.Next(tokens, n)
	}
	nameEnd := takeName(tokens, at)
	if nameEnd == at {
		return errNoStatement
	}
	// What stands between: SQL SECURITY of a view, AGGREGATE of a function.
	o.before += strings.TrimLeft(sqltoken.Join(withoutMarkers(tokens[end:kind])), " ")
	behind := tokens[nameEnd:]
	switch o.kind {
	case Trigger:
		return o.parseTrigger(behind)
	case Event:
		o.parseEvent(behind)
	default:
		o.rest = sqltoken.Join(behind)
	}
	return nil
}

func withoutMarkers(tokens []sqltoken.Token) []sqltoken.Token {
	return slices.DeleteFunc(slices.Clone(tokens), func(t sqltoken.Token) bool { return t.Kind == sqltoken.Marker })
}

// parseTrigger gives the table its full name.
func (o *object) parseTrigger(tokens []sqltoken.Token) error {
	on := sqltoken.Find(tokens, 0, 0, "ON")
	each := sqltoken.Find(tokens, 0, 0, "FOR", "EACH", "ROW")
	if on < 0 || each < on {
		return errNoStatement
	}
	end := takeName(tokens, sqltoken.Next(tokens, on+1))
	o.rest = sqltoken.Join(tokens[:on]) + "ON " + schema.Name{Schema: o.name.Schema, Table: o.table}.Quoted() + sqltoken.Join(tokens[end:])
	return nil
}

// parseEvent takes the status out.
func (o *object) parseEvent(tokens []sqltoken.Token) {
	body := sqltoken.Find(tokens, 0, 0, "DO")
	for i, t := range tokens {
		if i >= body || t.Depth != 0 || !t.Is("ENABLE") && !t.Is("DISABLE") {
			continue
		}
		end := i + 1
		for _, place := range []string{"SLAVE", "REPLICA"} {
			if n := sqltoken.Behind(tokens, i, []string{"DISABLE", "ON", place}); n >= 0 {
				end = n
			}
		}
		o.statusAt = len(sqltoken.Join(tokens[:i]))
		o.rest = sqltoken.Join(tokens[:i]) + sqltoken.Join(tokens[end:])
		return
	}
	o.rest = sqltoken.Join(tokens)
}

// takeAccount reads user@host, each between quotes of some kind.
func takeAccount(tokens []sqltoken.Token, i int) (account string, end int) {
	for end = i; end < len(tokens) && (tokens[end].Kind == sqltoken.Name || tokens[end].Kind == sqltoken.Text || tokens[end].Is("@") || tokens[end].Kind == sqltoken.Word); end++ {
		account += unquoteAny(tokens[end].Text)
		if tokens[end].Kind != sqltoken.Word && strings.Contains(account, "@") && !tokens[end].Is("@") {
			return account, end + 1
		}
	}
	return account, end
}

func unquoteAny(s string) string {
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') {
		q := s[:1]
		return strings.ReplaceAll(s[1:len(s)-1], q+q, q)
	}
	return sqltoken.Unquote(s)
}

// takeName returns the index behind a name, or a full name, at i.
func takeName(tokens []sqltoken.Token, i int) int {
	isName := func(j int) bool {
		return j < len(tokens) && (tokens[j].Kind == sqltoken.Name || tokens[j].Kind == sqltoken.Word || tokens[j].Kind == sqltoken.Text)
	}
	if !isName(i) {
		return i
	}
	if dot := sqltoken.Next(tokens, i+1); dot < len(tokens) && tokens[dot].Is(".") && isName(sqltoken.Next(tokens, dot+1)) {
		return sqltoken.Next(tokens, dot+1) + 1
	}
	return i + 1
}

// create is the statement that makes the object on the target.
func (o *object) create(definer, status string) string {
	before, rest := o.before, o.rest
	if o.kind == View {
		before = strings.Replace(before, "CREATE ", "CREATE OR REPLACE ", 1)
	}
	if o.kind == Event && o.statusAt > 0 {
		rest = rest[:o.statusAt] + status + rest[o.statusAt:]
	}
	word := strings.ToUpper(string(o.kind))
	at := strings.Index(before, " ") + 1
	// DEFINER stands behind what describes a view's algorithm.
	if security := strings.Index(before, "SQL SECURITY"); security >= 0 {
		at = security
	} else if o.kind == View {
		at = len(before)
	}
	return before[:at] + "DEFINER=" + quoteAccount(definer) + " " + before[at:] + word + " " + o.name.Quoted() + rest
}

// text is what is compared: everything but definer, name and status.
func (o *object) text() string {
	tokens := sqltoken.Cut(o.before + " " + o.rest)
	if o.kind == View {
		return strings.Join(o.withoutOwn(normal(tokens, ofViews)), " ")
	}
	return strings.Join(normal(tokens, ofBodies), " ")
}

// drop is the statement that takes the object away.
func (o *object) drop() string {
	return "DROP " + strings.ToUpper(string(o.kind)) + " " + o.name.Quoted()
}

// quoteAccount writes user@host as SQL does.
func quoteAccount(account string) string {
	at := strings.LastIndexByte(account, '@')
	if at < 0 {
		return sqltoken.Quote(account)
	}
	return fmt.Sprintf("%s@%s", sqltoken.Quote(account[:at]), sqltoken.Quote(account[at+1:]))
}
