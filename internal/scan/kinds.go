package scan

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// Kinds counts in which ways documents of a column are built, to tell the most
// usual ones apart by a condition: their values' types need no question.
type Kinds struct{ seen map[string]*kind }

// kind is one way.
type kind struct {
	doc   []byte
	times int
}

const (
	// maxKinds bounds what is remembered, maxPlain is how many ways a condition
	// takes in, and maxPlainValues about how many values these have.
	maxKinds       = 1000
	maxPlain       = 3
	maxPlainValues = 40
)

// See counts a document; nil is NULL.
func (k *Kinds) See(doc []byte) {
	if doc == nil {
		return
	}
	if k.seen == nil {
		k.seen = map[string]*kind{}
	}
	name := string(outline(nil, doc))
	one := k.seen[name]
	if one == nil {
		if len(k.seen) == maxKinds {
			return
		}
		one = &kind{doc: bytes.Clone(doc)}
		k.seen[name] = one
	}
	one.times++
}

// Plain is the condition that a document is built in one of the most usual ways,
// and has values of types only that a server reads from text, so that its text
// says everything; if exact, even to a server that reads the text: that takes
// integers above 32 bits for unsigned. It is false or NULL otherwise, and empty
// where no way is usual.
//
// It asks for each container's length and each scalar's type, so it costs less
// than half of what all types do.
func (k *Kinds) Plain(col string, exact bool) (string, error) {
	all := make([]*kind, 0, len(k.seen))
	total := 0
	for _, one := range k.seen {
		all = append(all, one)
		total += one.times
	}
	slices.SortFunc(all, func(a, b *kind) int {
		if a.times != b.times {
			return b.times - a.times
		}
		return bytes.Compare(a.doc, b.doc)
	})
	var sql []byte
	for i, one := range all[:min(len(all), maxPlain)] {
		// What is rare costs more for all others than it saves.
		if one.times*8 < total || bytes.Count(one.doc, []byte(","))+1 > maxPlainValues {
			break
		}
		if i > 0 {
			sql = append(sql, " OR "...)
		}
		var err error
		if sql, err = appendPlain(sql, col, one.doc, exact); err != nil {
			return "", err
		}
	}
	return string(sql), nil
}

// plainKinds are the types of scalars, besides integers, that a server reads from
// text. Of all these a value's text tells which one it is.
const plainKinds = "'STRING','NULL','BOOLEAN','DOUBLE'"

// appendPlain appends the condition for documents that are built like one.
func appendPlain(dst []byte, col string, doc []byte, exact bool) ([]byte, error) {
	values, err := jsonValues(doc)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if i > 0 {
			dst = append(dst, " AND "...)
		}
		path := string(schema.AppendLiteral([]byte("_utf8mb4"), &schema.Column{Kind: schema.Text}, []byte(v.path)))
		switch {
		case v.inside >= 0:
			dst = fmt.Appendf(dst, "JSON_LENGTH(%s,%s)=%d", col, path, v.inside)
		case !exact:
			dst = fmt.Appendf(dst, "JSON_TYPE(JSON_EXTRACT(%s,%s)) IN ('INTEGER',%s)", col, path, plainKinds)
		case v.number && !strings.ContainsAny(v.text, ".eE"):
			dst = fmt.Appendf(dst, "JSON_TYPE(JSON_EXTRACT(%[1]s,%[2]s))='INTEGER' AND JSON_EXTRACT(%[1]s,%[2]s)<=4294967295", col, path)
		default:
			dst = fmt.Appendf(dst, "JSON_TYPE(JSON_EXTRACT(%s,%s)) IN (%s)", col, path, plainKinds)
		}
	}
	return dst, nil
}

// Unless returns the list without questions for types where a document is plain:
// the conditions are of [Kinds.Plain], exact, for each JSON column.
func (l *List) Unless(plain []string) *List {
	out := *l
	out.typesSQL = nil
	for n, i := range l.JSON {
		col := schema.Quote(l.Column(i).Name)
		if plain[n] == "" {
			out.typesSQL = AppendTypes(append(out.typesSQL, ','), col)
			continue
		}
		out.typesSQL = fmt.Appendf(out.typesSQL, ",IF(%s,NULL,", plain[n])
		out.typesSQL = append(AppendTypes(out.typesSQL, col), ')')
	}
	out.SQL = append(out.columnsSQL(false), out.typesSQL...)
	return &out
}
