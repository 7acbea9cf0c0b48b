package schemadiff

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tandem/internal/mysqldb"
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

// doubtful tells whether the default may be another than it looks: servers
// describe it in utf8mb3, with ? for what that has not, and current ones end
// one of bytes at the first zero.
func (c *column) doubtful() bool {
	if !c.fallback.Valid || c.generated || c.Column.Generated {
		return false
	}
	switch c.Kind {
	case schema.Binary, schema.Bytes:
		return true
	case schema.Char, schema.Text, schema.Enum, schema.Set:
		return strings.Contains(c.fallback.String, "?")
	}
	return false
}

// loadDefaults asks for the doubtful defaults as they are.
func (s *side) loadDefaults(ctx context.Context, t *table) error {
	for _, from := range []string{
		// Columns of a row that is not there: shows the defaults of those that may
		// be NULL.
		"(SELECT 1) o LEFT JOIN " + t.Quoted() + " t ON 1=0",
		// The others need a row.
		t.Quoted() + " t LIMIT 1",
	} {
		err := s.askDefaults(ctx, t, from)
		if mysqldb.IsAccessDenied(err) {
			return nil // they stay as they are described
		}
		if err != nil {
			return fmt.Errorf("read the defaults of %s: %w", t.Name, err)
		}
	}
	return nil
}

func (s *side) askDefaults(ctx context.Context, t *table, from string) error {
	var doubtful []*column
	var list []string
	for i := range t.columns {
		if c := &t.columns[i]; c.doubtful() && c.exact == "" {
			doubtful = append(doubtful, c)
			list = append(list, "HEX(DEFAULT(t."+schema.Quote(c.Name)+"))")
		}
	}
	if len(list) == 0 {
		return nil
	}
	values := make([]sql.NullString, len(list))
	to := make([]any, len(list))
	for i := range values {
		to[i] = &values[i]
	}
	err := s.db.QueryRowContext(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+from).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	for i, c := range doubtful {
		if values[i].Valid {
			c.exact = "X'" + values[i].String + "'"
		}
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
