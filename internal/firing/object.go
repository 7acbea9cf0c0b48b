package firing

import (
	"errors"
	"fmt"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// Kind is what an object is.
type Kind string

// The kinds.
const (
	Trigger   Kind = "trigger"
	Event     Kind = "event"
	View      Kind = "view"
	Procedure Kind = "procedure"
	Function  Kind = "function"
)

// Object is one trigger, event, view or routine with all that it takes to make
// it again as it was.
type Object struct {
	Kind Kind
	// Name is the database and the object's own name.
	Name schema.Name
	// Table, Timing, Event and Order are a trigger's: BEFORE, INSERT, and its
	// place among those of the same kind.
	Table         string
	Timing, Event string
	Order         int
	// Statement is what SHOW CREATE prints, in the character set of the session
	// that made the object.
	Statement string
	// Definer is user@host.
	Definer string
	// What the server keeps of the session that made the object.
	SQLMode, Charset, Collation, DatabaseCollation, TimeZone string
	// Status of an event: ENABLED or DISABLED.
	Status string
}

// String returns kind database.name.
func (o *Object) String() string { return string(o.Kind) + " " + o.Name.String() }

// Enabled tells whether an event fires.
func (o *Object) Enabled() bool { return o.Status == enabled }

const (
	enabled  = "ENABLED"
	disabled = "DISABLED"
)

// errNoStatement says that a statement is not what servers are known to print.
var errNoStatement = errors.New("the server's statement can not be read")

// parts are a statement in pieces; put together they are the statement.
type parts struct {
	// head ends before DEFINER, mid begins behind the account and ends before the
	// name.
	head, definer, mid string
	name               string
	// tail is what is behind the name. A trigger's is divided before and behind
	// its table, and once more behind FOR EACH ROW; an event's before and behind
	// its status.
	tail, table, rest, body string
}

// take takes a statement apart. Only its beginning is looked at, so it does not
// matter in which character set the body is written.
func (o *Object) take() (parts, error) {
	tokens := sqltoken.Cut(o.Statement)
	var p parts
	definer := sqltoken.Find(tokens, 0, 0, "DEFINER", "=")
	if definer < 0 {
		return p, fmt.Errorf("%s: %w", o, errNoStatement)
	}
	account := sqltoken.Next(tokens, sqltoken.Behind(tokens, definer, []string{"DEFINER", "="}))
	end := accountEnd(tokens, account)
	kind := sqltoken.Find(tokens, end, 0, strings.ToUpper(string(o.Kind)))
	if kind < 0 {
		return p, fmt.Errorf("%s: %w", o, errNoStatement)
	}
	name := sqltoken.Next(tokens, kind+1)
	if n := sqltoken.Behind(tokens, name, []string{"IF", "NOT", "EXISTS"}); n >= 0 {
		name = sqltoken.Next(tokens, n)
	}
	behind := nameEnd(tokens, name)
	p.head, p.definer = sqltoken.Join(tokens[:definer]), sqltoken.Join(tokens[account:end])
	p.mid, p.name, p.tail = sqltoken.Join(tokens[end:name]), sqltoken.Join(tokens[name:behind]), sqltoken.Join(tokens[behind:])
	switch o.Kind {
	case Trigger:
		on := sqltoken.Find(tokens, behind, 0, "ON")
		each := sqltoken.Find(tokens, behind, 0, "FOR", "EACH", "ROW")
		if on < 0 || each < on {
			return p, fmt.Errorf("%s: %w", o, errNoStatement)
		}
		table := sqltoken.Next(tokens, on+1)
		tableEnd := nameEnd(tokens, table)
		row := sqltoken.Behind(tokens, each, []string{"FOR", "EACH", "ROW"})
		p.tail, p.table = sqltoken.Join(tokens[behind:table]), sqltoken.Join(tokens[table:tableEnd])
		p.rest, p.body = sqltoken.Join(tokens[tableEnd:row]), sqltoken.Join(tokens[row:])
	case Event:
		at, to := status(tokens, behind)
		if at < 0 {
			return p, fmt.Errorf("%s: %w", o, errNoStatement)
		}
		p.tail, p.body = sqltoken.Join(tokens[behind:at]), sqltoken.Join(tokens[to:])
	}
	return p, nil
}

// status finds what servers print of an event's status: always one.
func status(tokens []sqltoken.Token, from int) (at, end int) {
	body := sqltoken.Find(tokens, from, 0, "DO")
	for i := from; i < body; i++ {
		if tokens[i].Depth != 0 || !tokens[i].Is("ENABLE") && !tokens[i].Is("DISABLE") {
			continue
		}
		for _, place := range []string{"SLAVE", "REPLICA"} {
			if n := sqltoken.Behind(tokens, i, []string{"DISABLE", "ON", place}); n >= 0 {
				return i, n
			}
		}
		return i, i + 1
	}
	return -1, -1
}

// accountEnd returns the index behind user@host, each between quotes of some kind.
func accountEnd(tokens []sqltoken.Token, i int) int {
	at := false
	for ; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case t.Is("@"):
			at = true
		case t.Kind != sqltoken.Name && t.Kind != sqltoken.Text:
			return i
		case at:
			return i + 1
		}
	}
	return i
}

// nameEnd returns the index behind a name, or a full name, at i.
func nameEnd(tokens []sqltoken.Token, i int) int {
	is := func(j int) bool {
		return j < len(tokens) && (tokens[j].Kind == sqltoken.Name || tokens[j].Kind == sqltoken.Word || tokens[j].Kind == sqltoken.Text)
	}
	if !is(i) {
		return i
	}
	if dot := sqltoken.Next(tokens, i+1); dot < len(tokens) && tokens[dot].Is(".") && is(sqltoken.Next(tokens, dot+1)) {
		return sqltoken.Next(tokens, dot+1) + 1
	}
	return i + 1
}

// form says how an object is made.
type form struct {
	definer string // user@host; empty for whoever makes it
	// before is a trigger that it has to go in front of, if any.
	before string
	// status is an event's.
	status string
	// name and table replace the object's own, for trying it out.
	name, table *schema.Name
}

// create returns the statement that makes the object. Where nothing differs it
// is the original one, byte for byte.
func (o *Object) create(f form) (string, error) {
	p, err := o.take()
	if err != nil {
		return "", err
	}
	switch {
	case f.definer == "":
		p.definer = "CURRENT_USER"
	case f.definer != o.Definer:
		p.definer = quoteAccount(f.definer)
	}
	if f.name != nil {
		p.name = f.name.Quoted()
	}
	if f.table != nil && o.Kind == Trigger {
		p.table = f.table.Quoted()
	}
	if f.before != "" {
		p.rest += " PRECEDES " + schema.Quote(f.before)
	}
	status := ""
	if o.Kind == Event {
		status = "DISABLE"
		if f.status == enabled {
			status = "ENABLE"
		}
	}
	return p.head + "DEFINER=" + p.definer + p.mid + p.name + p.tail + p.table + p.rest + status + p.body, nil
}

// same tells whether two definitions do the same, whoever they run as, and
// whether or not they are enabled.
func (o *Object) same(b *Object) bool {
	p, err1 := o.take()
	q, err2 := b.take()
	if err1 != nil || err2 != nil {
		return o.Statement == b.Statement
	}
	text := func(p parts) string {
		return strings.TrimSpace(sqltoken.Join(sqltoken.Cut(p.body)))
	}
	if o.Kind != Trigger {
		text = func(p parts) string { return strings.TrimSpace(p.tail) + " " + strings.TrimSpace(p.body) }
	}
	return text(p) == text(q) && o.Table == b.Table && o.Timing == b.Timing && o.Event == b.Event &&
		knownMode(o.SQLMode, true) == knownMode(b.SQLMode, true) && o.TimeZone == b.TimeZone
}

// quoteAccount writes user@host as SQL does.
func quoteAccount(account string) string {
	at := strings.LastIndexByte(account, '@')
	if at < 0 {
		return sqltoken.Quote(account)
	}
	return sqltoken.Quote(account[:at]) + "@" + sqltoken.Quote(account[at+1:])
}
