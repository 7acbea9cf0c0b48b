package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"tandem/internal/schema"
)

// Fingerprint returns the digest of what matters to a reader and a writer of
// t's rows: the columns in order with all that decides what fits into them,
// and the unique keys. Plain indexes, foreign keys, defaults, comments and
// storage are left out, and so are the names of keys.
func Fingerprint(t *schema.Table) string {
	h := sha256.New()
	var buf []byte
	for i := range t.Columns {
		buf = append(buf[:0], 'c')
		for _, part := range columnParts(&t.Columns[i]) {
			buf = appendPart(buf, part)
		}
		h.Write(buf)
	}
	for _, k := range uniqueKeys(t) {
		h.Write(appendPart(append(buf[:0], 'k'), k))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// appendPart keeps parts apart whatever they hold.
func appendPart(dst []byte, part string) []byte {
	dst = strconv.AppendInt(dst, int64(len(part)), 10)
	dst = append(dst, ':')
	return append(dst, part...)
}

// columnParts returns what the fingerprint takes from a column.
func columnParts(c *schema.Column) []string {
	return append([]string{strings.ToLower(c.Name), describe(c)}, c.Members...)
}

// describe says in words what fits into a column, the same for every version.
func describe(c *schema.Column) string {
	var b strings.Builder
	b.WriteString(typeName(c))
	if c.Unsigned {
		b.WriteString(" unsigned")
	}
	if c.Charset != "" {
		b.WriteString(" " + c.Charset + " " + c.Collation)
	}
	if !c.Nullable {
		b.WriteString(" not null")
	}
	switch {
	case c.Virtual:
		b.WriteString(" virtual")
	case c.Generated:
		b.WriteString(" stored")
	}
	return b.String()
}

// typeName returns the type without display width and attributes.
func typeName(c *schema.Column) string {
	word := strings.ToLower(c.Type)
	if i := strings.IndexAny(word, "( "); i >= 0 {
		word = word[:i]
	}
	switch c.Kind {
	case schema.Int, schema.Year, schema.Date, schema.JSON, schema.Enum, schema.Set:
		return word
	case schema.Float, schema.Double:
		// FLOAT(7,3) rounds, FLOAT(20) does not.
		if args, ok := typeArguments(c.Type); ok && strings.Contains(args, ",") {
			return word + "(" + args + ")"
		}
		return word
	case schema.Decimal:
		return word + "(" + strconv.Itoa(c.Width) + "," + strconv.Itoa(c.Scale) + ")"
	case schema.Time, schema.DateTime, schema.Timestamp:
		return word + "(" + strconv.Itoa(c.Scale) + ")"
	case schema.Bit, schema.Char, schema.Binary, schema.Vector:
		return word + "(" + strconv.Itoa(c.Width) + ")"
	case schema.Text, schema.Bytes:
		if strings.HasPrefix(word, "var") {
			return word + "(" + strconv.Itoa(c.Width) + ")"
		}
		return word
	case schema.Geometry:
		if word == "geometrycollection" {
			return "geomcollection"
		}
		return word
	}
	return strings.ToLower(c.Type)
}

func typeArguments(typ string) (string, bool) {
	_, rest, ok := strings.Cut(typ, "(")
	if !ok {
		return "", false
	}
	args, _, ok := strings.Cut(rest, ")")
	return args, ok
}

// uniqueKeys describes the primary and unique keys, in an order that does not
// depend on their names.
func uniqueKeys(t *schema.Table) []string {
	return describeKeys(t, func(k *schema.Key) bool { return k.Unique })
}
