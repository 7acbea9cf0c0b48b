package guard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// Prefix begins the name of every guard. It is the one of everything that
// tandem puts into databases, so comparisons and checks pass over it.
const Prefix = "_tandem_guard_"

// Errno and SQLState are what an application gets that writes where it may not.
// No server uses the number itself.
const (
	Errno    = 30100
	SQLState = "45000"
)

// version is that of the body: a guard with another one is made anew.
const version = 1

// Event is what a guard stands before.
type Event string

// The events.
const (
	Insert Event = "INSERT"
	Update Event = "UPDATE"
	Delete Event = "DELETE"
)

// Events are all of them, in the order in which they are armed.
func Events() []Event { return []Event{Insert, Update, Delete} }

// Trigger is one guard.
type Trigger struct {
	Table schema.Name `json:"table"`
	Event Event       `json:"event"`
	Name  string      `json:"name"`
}

// quoted is the trigger's own full name.
func (t Trigger) quoted() string {
	return schema.Name{Schema: t.Table.Schema, Table: t.Name}.Quoted()
}

// name makes a guard's name: tables have names up to 64 characters, and so do
// triggers, so it holds a hash.
func name(table schema.Name, e Event) string {
	sum := sha256.Sum256([]byte(table.Schema + "\x00" + table.Table))
	return Prefix + hex.EncodeToString(sum[:8]) + "_" + strings.ToLower(string(e))
}

// guarded is what a guard is about.
type guarded struct {
	migration, group string
	side             ownership.Side
}

// label stands in the body of a guard and tells whose it is. It can not end the
// comment that it stands in. The digest is that of the body without it: servers
// do not show literals as they were written, so bodies are not compared.
func (g guarded) label(digest string) string {
	return fmt.Sprintf("tandem guard v%d migration=%s group=%s side=%s digest=%s",
		version, url.QueryEscape(g.migration), url.QueryEscape(g.group), g.side, digest)
}

// labelled reads a label back out of a body.
func labelled(body string) (g guarded, digest string, ok bool) {
	_, rest, found := strings.Cut(body, "/* tandem guard v")
	text, _, closed := strings.Cut(rest, " */")
	if !found || !closed {
		return g, "", false
	}
	for _, word := range strings.Fields(text) {
		key, value, _ := strings.Cut(word, "=")
		value, err := url.QueryUnescape(value)
		if err != nil {
			return guarded{}, "", false
		}
		switch key {
		case "migration":
			g.migration = value
		case "group":
			g.group = value
		case "side":
			g.side = ownership.Side(value)
		case "digest":
			digest = value
		}
	}
	return g, digest, g.migration != ""
}

// body is what the trigger does. See the package's comment for why it is so.
func (g guarded) body(table schema.Name) string {
	return "BEGIN /* " + g.label(g.digest(table)) + " */\n" + g.check(table) + "\nEND"
}

func (g guarded) check(table schema.Name) string {
	return fmt.Sprintf("IF @tandem IS NULL THEN\n"+
		"IF NOT ((SELECT owner FROM _tandem.ownership WHERE migration=%s AND group_name=%s LOCK IN SHARE MODE) <=> %s) THEN\n"+
		"SIGNAL SQLSTATE '%s' SET MYSQL_ERRNO=%d, MESSAGE_TEXT=%s;\nEND IF;\nEND IF;",
		literal(g.migration), literal(g.group), literal(string(g.side)), SQLState, Errno, literal(g.message(table)))
}

func (g guarded) digest(table schema.Name) string {
	sum := sha256.Sum256([]byte(g.check(table)))
	return hex.EncodeToString(sum[:8])
}

// maxMessage is how long a message may be, in characters.
const maxMessage = 128

// message tells an application's developer what happened and what to do.
func (g guarded) message(table schema.Name) string {
	text := func(table, group string) string {
		return fmt.Sprintf("tandem: %s is not written on the %s any more but on the %s (group %s): reconnect", table, g.side, g.side.Opposite(), group)
	}
	room := maxMessage - utf8.RuneCountInString(text("", ""))
	t, group := table.String(), g.group
	group = shorten(group, room/3)
	return text(shorten(t, room-utf8.RuneCountInString(group)), group)
}

// shorten cuts a text in its middle, for names tell most by how they begin and
// end.
func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	head := (most - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(most-1-head):])
}

// create is the statement that makes the guard. before names the trigger that
// it goes in front of; empty if there is none.
func (g guarded) create(t Trigger, before string) string {
	order := ""
	if before != "" {
		order = " PRECEDES " + schema.Quote(before)
	}
	return "CREATE DEFINER=CURRENT_USER TRIGGER " + t.quoted() + " BEFORE " + string(t.Event) +
		" ON " + t.Table.Quoted() + " FOR EACH ROW" + order + " " + g.body(t.Table)
}

// literal writes a string under the sql_mode of our sessions, in which
// backslashes escape.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\x00", `\0`).Replace(s) + "'"
}
