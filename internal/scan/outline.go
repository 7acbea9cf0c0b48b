package scan

import (
	"bytes"
	"slices"

	"tandem/internal/schema"
)

// Most documents of a column are built alike: the same members, the same kinds of
// values at the same places. So instead of asking for the types of all values of
// every document (some 8 µs on the server for eight values), a SELECT may ask for
// those at the few places where a type can hide (0.4 µs each). That is exact
// as long as somebody looks at the text of every document and sees that no other
// place has a value whose type the text does not show: a [Checker].

// Checker looks at documents of one column, and finds the places where types are
// not asked for.
type Checker struct {
	asked map[string]struct{}
	// known are the outlines of documents in which nothing is missing.
	known   map[string]struct{}
	missing map[string]struct{}
	scratch []byte
}

// maxOutlines bounds what a checker remembers.
const maxOutlines = 4096

// NewChecker returns a checker for a column whose types are asked for at those
// paths.
func NewChecker(paths []string) *Checker {
	c := &Checker{asked: make(map[string]struct{}, len(paths)), known: map[string]struct{}{}, missing: map[string]struct{}{}}
	for _, p := range paths {
		c.asked[p] = struct{}{}
	}
	return c
}

// See looks at a document, as the server prints it; nil is NULL. It tells whether
// the types that its text does not show are all asked for.
func (c *Checker) See(doc []byte) (bool, error) {
	if doc == nil {
		return true, nil
	}
	c.scratch = outline(c.scratch[:0], doc)
	if _, ok := c.known[string(c.scratch)]; ok {
		return true, nil
	}
	values, err := jsonValues(doc)
	if err != nil {
		return false, err
	}
	complete := true
	for i := range values {
		if !values[i].doubtful() {
			continue
		}
		if _, ok := c.asked[values[i].path]; !ok {
			complete = false
			c.missing[values[i].path] = struct{}{}
		}
	}
	if complete {
		if len(c.known) == maxOutlines {
			clear(c.known)
		}
		c.known[string(c.scratch)] = struct{}{}
	}
	return complete, nil
}

// Missing are the places that were seen and are not asked for, in order.
func (c *Checker) Missing() []string {
	var out []string
	for p := range c.missing {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// outline appends what a document is built of: its containers, the names of its
// members, and whether each value is one whose type the text may hide. Documents
// with the same outline have such values at the same places.
func outline(dst, doc []byte) []byte {
	for i := 0; i < len(doc); {
		switch c := doc[i]; {
		case c == '"':
			end := i + stringLen(doc[i:])
			next := end
			for next < len(doc) && doc[next] == ' ' {
				next++
			}
			switch {
			case next < len(doc) && doc[next] == ':':
				dst = append(append(dst, doc[i:end]...), ':')
				end = next + 1
			case hidesType(doc[i+1 : max(end-1, i+1)]):
				dst = append(dst, 's')
			default:
				dst = append(dst, 'x')
			}
			i = end
		case c == '-' || c >= '0' && c <= '9':
			kind := byte('n')
			for i < len(doc) && doc[i] != ',' && doc[i] != '}' && doc[i] != ']' {
				if doc[i] == 'e' || doc[i] == 'E' {
					kind = 'x'
				}
				i++
			}
			dst = append(dst, kind)
		case c >= 'a' && c <= 'z':
			for i < len(doc) && doc[i] >= 'a' && doc[i] <= 'z' {
				i++
			}
			dst = append(dst, 'x')
		case c == ' ':
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// stringLen is the length of the string that text begins with, quotes included.
func stringLen(text []byte) int {
	if n := bytes.IndexByte(text[1:], '"'); n >= 0 && bytes.IndexByte(text[1:n+1], '\\') < 0 {
		return n + 2
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// hidesType tells whether a string could be a date, a time, or binary. Servers
// print these with digits, '-', ':', '.' and a space only, or as base64 with the
// type before it.
func hidesType(text []byte) bool {
	if bytes.HasPrefix(text, []byte("base64:type")) {
		return true
	}
	if len(text) < len("00:00:00") || len(text) > 32 {
		return false
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '-' && c != ':' && c != '.' && c != ' ' {
			return false
		}
	}
	return true
}

// appendTypeAt appends the expression of the type of the value at a path.
func appendTypeAt(dst []byte, col, path string) []byte {
	dst = append(append(append(dst, "JSON_TYPE(JSON_EXTRACT("...), col...), ",_utf8mb4"...)
	dst = schema.AppendLiteral(dst, &schema.Column{Kind: schema.Text}, []byte(path))
	return append(dst, "))"...)
}

// Compared returns the list for who wants to know whether rows are equal, and needs
// no canonical values. Unless paths is nil it brings the types at those paths (of
// each JSON column, in order) instead of all types: a [Checker] has to see the
// documents then. If binary, its rows are for wire.Conn.QueryBinary, where numbers
// need no expression to be exact.
func (l *List) Compared(paths [][]string, binary bool) *List {
	out := *l
	out.Types = -1
	out.SQL = out.columnsSQL(binary)
	if paths == nil {
		out.SQL = append(out.SQL, l.typesSQL...)
		return &out
	}
	for n, i := range l.JSON {
		col := schema.Quote(l.Column(i).Name)
		for _, p := range paths[n] {
			out.SQL = appendTypeAt(append(out.SQL, ','), col, p)
		}
	}
	return &out
}
