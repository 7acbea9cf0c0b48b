package catalog

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// adaptation turns a source's CREATE TABLE statement into one that makes the
// same table on another server.
type adaptation struct {
	table *schema.Table
	// collation is the table's default on the source.
	collation string
	// defaults are literals for what the source's statement may have otherwise,
	// empty where nobody knows.
	defaults map[string]string
	// utf8mb3 is set where the target calls the character set utf8mb3.
	utf8mb3 bool

	tokens  []sqltoken.Token
	end     int // index of the parenthesis that ends the list of columns
	changes []string
	// adapted is what adapt has changed.
	adapted []string
}

// adapt returns the statement for the target, and in words what of the table
// was changed with intent.
func (a *adaptation) adapt(create string) (sql string, changes []string, err error) {
	if err := a.parse(create); err != nil {
		return "", nil, err
	}
	a.tableCollation()
	a.columnCollations()
	a.labels()
	a.defaultLiterals()
	a.renameCharsets()
	for _, option := range placeOptions {
		a.removeOption(option)
	}
	return sqltoken.Join(a.tokens), a.changes, nil
}

// withoutStorage returns the statement without the options that not every
// server takes, empty if there are none.
func (a *adaptation) withoutStorage(adapted string) (sql string, changes []string, err error) {
	a.changes = nil
	if err := a.parse(adapted); err != nil {
		return "", nil, err
	}
	for _, option := range storageOptions {
		a.removeOption(option)
	}
	if len(a.changes) == 0 {
		return "", nil, nil
	}
	return sqltoken.Join(a.tokens), a.changes, nil
}

func (a *adaptation) parse(create string) error {
	a.tokens, a.end = sqltoken.Cut(create), -1
	for i, t := range a.tokens {
		if t.Kind == sqltoken.Punct && t.Text == ")" && t.Depth == 0 {
			a.end = i
			break
		}
	}
	if a.end < 0 || !a.tokens[0].Is("CREATE") {
		return fmt.Errorf("read the CREATE TABLE statement of %s: there is no list of columns in %.200q", a.table.Name, create)
	}
	return nil
}

// option is the words of a table or partition option.
type option []string

// placeOptions name a place on the source's machine, or an engine beside it.
var placeOptions = []option{
	{"DATA", "DIRECTORY"},
	{"INDEX", "DIRECTORY"},
	{"TABLESPACE"},
	{"SECONDARY_ENGINE"},
	{"SECONDARY_ENGINE_ATTRIBUTE"},
}

// storageOptions are those that some servers refuse (no key ring, no
// compressed tables on Aurora) and that change nothing in the rows.
var storageOptions = []option{
	{"ENCRYPTION"},
	{"COMPRESSION"},
	{"KEY_BLOCK_SIZE"},
	{"ROW_FORMAT"},
	{"AUTOEXTEND_SIZE"},
	{"ENGINE_ATTRIBUTE"},
}

// removeOption takes an option out wherever it stands behind the columns.
func (a *adaptation) removeOption(o option) {
	for i := a.end + 1; i < len(a.tokens); i++ {
		value, ok := a.match(i, o)
		if !ok {
			continue
		}
		removed := strings.Join(strings.Fields(sqltoken.Join(a.tokens[i:value+1])), " ")
		a.changes = append(a.changes, "without "+removed)
		a.tokens = append(a.tokens[:i:i], a.tokens[value+1:]...)
	}
}

// match tells whether the option begins at token i, and where its value is.
func (a *adaptation) match(i int, o option) (value int, ok bool) {
	at := i
	for _, w := range o {
		if at >= len(a.tokens) || a.tokens[at].Kind != sqltoken.Word || !a.tokens[at].Is(w) {
			return 0, false
		}
		at = sqltoken.Next(a.tokens, at+1)
	}
	if at < len(a.tokens) && a.tokens[at].Is("=") {
		at = sqltoken.Next(a.tokens, at+1)
	}
	if at >= len(a.tokens) || a.tokens[at].Kind == sqltoken.Punct {
		return 0, false
	}
	return at, true
}

// tableCollation makes the table's default collation explicit: servers before
// 8.0 leave out the default one of a character set, and which one that is has
// changed since.
func (a *adaptation) tableCollation() {
	for i := a.end + 1; i < len(a.tokens); i++ {
		if !a.tokens[i].Is("CHARSET") || a.tokens[i].Depth != 0 {
			continue
		}
		at := sqltoken.Next(a.tokens, i+1)
		if at < len(a.tokens) && a.tokens[at].Is("=") {
			at = sqltoken.Next(a.tokens, at+1)
		}
		if at >= len(a.tokens) {
			return
		}
		if following := sqltoken.Next(a.tokens, at+1); following >= len(a.tokens) || !a.tokens[following].Is("COLLATE") {
			a.insert(at+1, " COLLATE="+a.collation)
		}
		return
	}
}

// labels writes the members of ENUM and SET columns that the server can not
// print as they are.
func (a *adaptation) labels() {
	for i := range a.table.Columns {
		c := &a.table.Columns[i]
		described, err := parseMembers(c.Type)
		if c.Kind != schema.Enum && c.Kind != schema.Set || err != nil || slices.Equal(described, c.Members) {
			continue
		}
		at := slices.IndexFunc(a.tokens[:a.end], func(t sqltoken.Token) bool {
			return t.Depth == 1 && t.Kind == sqltoken.Name && sqltoken.Unquote(t.Text) == c.Name
		})
		for n := 0; at >= 0 && at < a.end && n < len(c.Members); at++ {
			if t := &a.tokens[at]; t.Kind == sqltoken.Text && t.Depth == 2 {
				t.Text = sqltoken.Quote(c.Members[n])
				n++
			}
		}
	}
}

// columnCollations does the same for columns. One that names no character set
// has the table's, collation and all.
func (a *adaptation) columnCollations() {
	var column *schema.Column
	starts := true // whether a definition begins here
	for i := 0; i < a.end; i++ {
		t := a.tokens[i]
		switch {
		case t.Kind == sqltoken.Space:
			continue
		case t.Depth == 0:
			starts = t.Text == "("
			continue
		case t.Depth == 1 && t.Text == "," && t.Kind == sqltoken.Punct:
			starts = true
			continue
		case t.Depth == 1 && starts && t.Kind == sqltoken.Name:
			column = nil
			if at := a.table.Column(sqltoken.Unquote(t.Text)); at >= 0 {
				column = &a.table.Columns[at]
			}
		case t.Depth == 1 && starts:
			column = nil
		case t.Depth == 1 && column != nil && column.Collation != "" && t.Is("SET") && a.follows(i, "CHARACTER"):
			charset := sqltoken.Next(a.tokens, i+1)
			if following := sqltoken.Next(a.tokens, charset+1); following < len(a.tokens) && !a.tokens[following].Is("COLLATE") {
				a.insert(charset+1, " COLLATE "+column.Collation)
				a.end++
				i = charset + 1
			}
		}
		starts = false
	}
}

// follows tells whether the token before i, white space aside, is that word.
func (a *adaptation) follows(i int, what string) bool {
	for i--; i >= 0; i-- {
		if a.tokens[i].Kind != sqltoken.Space {
			return a.tokens[i].Is(what)
		}
	}
	return false
}

func (a *adaptation) insert(at int, s string) {
	// Cut as tokens, so that later passes see words.
	inserted := sqltoken.Cut(s)
	for i := range inserted {
		inserted[i].Depth = a.tokens[at-1].Depth
	}
	rest := append([]sqltoken.Token(nil), a.tokens[at:]...)
	a.tokens = append(append(a.tokens[:at:at], inserted...), rest...)
}

// renameCharsets gives utf8 the name that the target has for it.
func (a *adaptation) renameCharsets() {
	for i := range a.tokens {
		t := &a.tokens[i]
		if t.Kind != sqltoken.Word {
			continue
		}
		switch {
		case t.Is("_utf8") || t.Is("_utf8mb3"):
			t.Text = "_" + a.charsetName("utf8")
		case a.namesCharset(i):
			t.Text = a.charsetName(t.Text)
		case a.follows(i, "COLLATE") || a.follows(i, "=") && a.follows(a.before(i), "COLLATE"):
			t.Text = a.collationName(t.Text)
		}
	}
}

func (a *adaptation) namesCharset(i int) bool {
	if a.follows(i, "=") {
		return a.follows(a.before(i), "CHARSET")
	}
	return a.follows(i, "CHARSET") || a.follows(i, "USING") ||
		a.follows(i, "SET") && a.follows(a.before(i), "CHARACTER")
}

// before returns the index of the token before i, white space aside.
func (a *adaptation) before(i int) int {
	for i--; i > 0 && a.tokens[i].Kind == sqltoken.Space; i-- {
	}
	return i
}

func (a *adaptation) charsetName(name string) string {
	switch strings.ToLower(name) {
	case "utf8", "utf8mb3":
		if a.utf8mb3 {
			return "utf8mb3"
		}
		return "utf8"
	}
	return name
}

func (a *adaptation) collationName(name string) string {
	lower := strings.ToLower(name)
	rest, ok := strings.CutPrefix(lower, "utf8_")
	if !ok {
		rest, ok = strings.CutPrefix(lower, "utf8mb3_")
	}
	if !ok {
		return name
	}
	return a.charsetName("utf8") + "_" + rest
}
