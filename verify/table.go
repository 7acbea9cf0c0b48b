package verify

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tandem/internal/chunk"
	"tandem/internal/scan"
	"tandem/internal/schema"
)

// table is a table that is being compared.
type table struct {
	name schema.Name
	defs [2]*schema.Table
	// list reads the rows of both sides. It is made from the source's definition;
	// the target has the same columns.
	list *scan.List
	// spaces are the key's; nil for a table that has none, or none that means the
	// same on both sides.
	spaces [2]*chunk.Space
	// keyless is why there is no space.
	keyless string
	// alike is set when both servers print equal values alike.
	alike bool
	// binary is set when both sides send equal values alike in the binary protocol.
	binary bool
	// lookSQL reads rows by key; largeCols are the list's columns of which it may
	// bring the hash instead.
	lookSQL   []byte
	largeCols []int

	rowBytes      int64 // estimated
	rowsEstimated int64

	cut cutter

	mu      sync.Mutex
	ask     *asking
	result  TableResult
	probe   probe
	pending int // pieces and candidates that are not done
	cutDone bool
	stopped bool // nothing more is asked of it
	began   time.Time
	kept    int64 // bytes of rows in findings
	found   map[string]struct{}
	track   track
	// lastSaved tells what of the track was saved last.
	lastSaved string
}

// tableOptions are what is known of both servers.
type tableOptions struct {
	jsonTable   bool // they have JSON_TABLE
	sameVersion bool
	prepared    bool // they take prepared statements
}

// newTable puts the two definitions together. why says why the table can not be
// compared.
func newTable(a, b *schema.Table, o tableOptions) (t *table, why string) {
	t = &table{name: a.Name, defs: [2]*schema.Table{a, b}}
	t.result = TableResult{Schema: a.Schema, Table: a.Name.Table, def: a}
	if why := comparable(a, b); why != "" {
		return t, why
	}
	t.findSpaces()
	t.result.unkeyed = t.spaces[source] == nil
	t.list = scan.New(a, t.spaces[source], scan.Options{JSONTable: o.jsonTable, Stored: true})
	t.alike = true
	for i := range t.list.Columns {
		switch t.list.Column(i).Kind {
		case schema.Float, schema.Double:
			t.alike = t.alike && o.sameVersion
		}
	}
	t.binary = o.prepared && sentAlike(a, b)
	t.ask = t.newAsking(nil, t.rowHash(nil))
	t.buildLook()
	return t, ""
}

// comparable says why the columns of two tables do not hold the same kinds of
// values, or nothing.
func comparable(a, b *schema.Table) string {
	for i := range a.Columns {
		c := &a.Columns[i]
		j := b.Column(c.Name)
		if j < 0 {
			return "column " + c.Name + " is missing on the target"
		}
		if why := sameValues(c, &b.Columns[j]); why != "" {
			return "column " + c.Name + " " + why
		}
	}
	for i := range b.Columns {
		if a.Column(b.Columns[i].Name) < 0 {
			return "column " + b.Columns[i].Name + " is on the target only"
		}
	}
	return ""
}

// sentAlike tells whether the binary protocol has the same bytes for equal values
// of two tables: integers are sent in as many bytes as their type has.
func sentAlike(a, b *schema.Table) bool {
	width := func(c *schema.Column) string {
		name, _, _ := strings.Cut(c.Type, " ")
		name, _, _ = strings.Cut(name, "(")
		return name
	}
	for i := range a.Columns {
		c, d := &a.Columns[i], &b.Columns[b.Column(a.Columns[i].Name)]
		if c.Kind == schema.Int && (c.Unsigned != d.Unsigned || width(c) != width(d)) {
			return false
		}
	}
	return true
}

// sameValues says what makes values of two columns incomparable: everything in
// which equal bytes would mean different values, or different bytes the same.
func sameValues(a, b *schema.Column) string {
	differ := func(what, x, y string) string {
		return fmt.Sprintf("has %s %s on the source and %s on the target", what, x, y)
	}
	switch {
	case a.Kind != b.Kind:
		return differ("type", a.Type, b.Type)
	case a.Kind == schema.Unknown:
		return "has the type " + a.Type + ", which is not known here"
	case a.Generated && a.Virtual != b.Virtual:
		return "is generated, stored on one side and virtual on the other"
	}
	switch a.Kind {
	case schema.Char, schema.Text:
		if x, y := charset(a.Charset), charset(b.Charset); x != y {
			return differ("character set", a.Charset, b.Charset)
		}
	case schema.Enum, schema.Set:
		if !slices.Equal(a.Members, b.Members) {
			return differ("members", a.Type, b.Type)
		}
	case schema.Decimal, schema.Time, schema.DateTime, schema.Timestamp:
		if a.Scale != b.Scale {
			return differ("type", a.Type, b.Type)
		}
	case schema.Binary:
		if a.Width != b.Width {
			return differ("type", a.Type, b.Type)
		}
	case schema.Float, schema.Double:
		if a.Unsigned != b.Unsigned {
			return ""
		}
	}
	return ""
}

// charset returns the name of what the bytes mean: all that UTF-8 of three bytes
// can hold is the same in UTF-8 of four.
func charset(name string) string {
	switch name {
	case "utf8", "utf8mb3", "utf8mb4":
		return "utf8"
	}
	return name
}

// findSpaces finds the key by which rows are found on both sides.
func (t *table) findSpaces() {
	a, ok := chunk.Of(t.defs[source])
	if !ok {
		t.keyless = "it has no key"
		return
	}
	b, ok := chunk.Of(t.defs[target])
	if !ok {
		t.keyless = "it has no key on the target"
		return
	}
	x, y := t.defs[source].RowKey(), t.defs[target].RowKey()
	if len(x.Parts) != len(y.Parts) {
		t.keyless = "its keys differ"
		return
	}
	for i := range x.Parts {
		c, d := &t.defs[source].Columns[x.Parts[i].Column], &t.defs[target].Columns[y.Parts[i].Column]
		switch {
		case !strings.EqualFold(c.Name, d.Name) || x.Parts[i].Descending != y.Parts[i].Descending || x.Parts[i].Prefix != y.Parts[i].Prefix:
			t.keyless = "its keys differ"
		case !sameCollation(c.Collation, d.Collation) && (c.Kind == schema.Char || c.Kind == schema.Text):
			t.keyless = fmt.Sprintf("its key's column %s has collation %s on the source and %s on the target", c.Name, c.Collation, d.Collation)
		}
		if t.keyless != "" {
			return
		}
	}
	t.spaces = [2]*chunk.Space{a, b}
}

// sameCollation knows that the set once called utf8 is called utf8mb3 now.
func sameCollation(a, b string) bool {
	old := func(s string) string {
		if rest, ok := strings.CutPrefix(s, "utf8_"); ok {
			return "utf8mb3_" + rest
		}
		return s
	}
	return old(a) == old(b)
}

// key names a key for people.
func (t *table) key(k chunk.Key) string {
	if t.spaces[source] == nil {
		return ""
	}
	return t.spaces[source].FormatKey(k)
}

// stop ends a table that can not be compared any further.
func (t *table) stop(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.result.Skipped == "" {
		t.result.Skipped = why
	}
	t.stopped = true
}
