package schemadiff

import (
	"context"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// plainNow is how all versions describe the current time as a default. Other
// spellings of it are expressions.
var plainNow = regexp.MustCompile(`^(?i)CURRENT_TIMESTAMP(\(\d*\))?$`)

// now spells the current time for a column with that many fractional digits.
func now(scale int) string {
	if scale == 0 {
		return "CURRENT_TIMESTAMP"
	}
	return "CURRENT_TIMESTAMP(" + strconv.Itoa(scale) + ")"
}

// defaultSQL is what stands behind DEFAULT, empty if the column has no default.
func (t *table) defaultSQL(c *column) string {
	switch {
	case c.Column.Generated, c.AutoIncrement:
		return ""
	case c.computed:
		return "(" + t.shown.defaults[c.Name] + ")"
	case c.generated:
		return now(c.Scale)
	case !c.fallback.Valid && c.Nullable:
		return "NULL"
	case !c.fallback.Valid:
		return ""
	case c.exact != "" && c.Charset != "":
		return "_" + c.Charset + " " + c.exact
	case c.exact != "":
		return c.exact
	case c.Kind == schema.Bit:
		return c.fallback.String
	case c.Kind == schema.Binary || c.Kind == schema.Bytes:
		return sqltoken.Quote(c.described())
	}
	return sqltoken.Quote(c.fallback.String)
}

// described is a literal default as information_schema has it. Servers from 8.0
// on describe one of bytes in hexadecimal.
func (c *column) described() string {
	s := c.fallback.String
	if c.Kind != schema.Binary && c.Kind != schema.Bytes {
		return s
	}
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		if decoded, err := hex.DecodeString(digits); err == nil {
			s = string(decoded)
		}
	}
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// doubtful tells whether the default may be another than it looks.
func (c *column) doubtful() bool {
	return c.fallback.Valid && !c.generated && !c.Column.Generated && catalog.DoubtfulDefault(c.Column, c.fallback.String)
}

// loadDefaults asks for the doubtful defaults as they are.
func (s *side) loadDefaults(ctx context.Context, t *table) error {
	var doubtful []string
	for i := range t.columns {
		if c := &t.columns[i]; c.doubtful() {
			doubtful = append(doubtful, c.Name)
		}
	}
	exact, err := catalog.ExactDefaults(ctx, s.db, t.Name, doubtful)
	for i := range t.columns {
		t.columns[i].exact = exact[t.columns[i].Name]
	}
	return err
}

// defaults returns the defaults of two columns in the form in which all
// versions have them.
func defaults(a, b *table, c, d *column) (source, target string) {
	if c.doubtful() && d.doubtful() && (c.exact == "" || d.exact == "") {
		return sqltoken.Quote(c.described()), sqltoken.Quote(d.described())
	}
	return a.normalDefault(c), b.normalDefault(d)
}

// normalDefault is the default in the form in which all versions have it.
func (t *table) normalDefault(c *column) string {
	s := t.defaultSQL(c)
	switch {
	case c.computed:
		return flat(s, ofExpressions)
	case c.generated:
		return s
	case !c.fallback.Valid:
		return "" // whether that is NULL is another question
	}
	switch c.Kind {
	case schema.Int, schema.Decimal, schema.Float, schema.Double, schema.Year:
		if n, err := strconv.ParseFloat(c.fallback.String, 64); err == nil && c.Kind != schema.Int && c.Kind != schema.Decimal {
			return strconv.FormatFloat(n, 'g', -1, 64)
		}
		digits := strings.TrimLeft(c.fallback.String, "0") // ZEROFILL
		if digits == "" || digits[0] == '.' {
			digits = "0" + digits
		}
		return digits
	}
	return s
}
