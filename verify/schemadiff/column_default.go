package schemadiff

import (
	"encoding/hex"
	"strconv"
	"strings"

	"tandem/internal/schema"
)

// isNow tells whether a default is the current time, in any of its spellings.
func isNow(s string) bool {
	s = strings.ToUpper(s)
	for _, w := range []string{"CURRENT_TIMESTAMP", "NOW(", "LOCALTIME"} {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

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
	case c.Kind == schema.Bit:
		return c.fallback.String
	case c.Kind == schema.Binary, c.Kind == schema.Bytes:
		return "0x" + hex.EncodeToString(c.binaryDefault())
	}
	return quoteText(c.fallback.String)
}

// binaryDefault is the default of a column of bytes: servers from 8.0 on write
// it in hexadecimal, those before as it is.
func (c *column) binaryDefault() []byte {
	value := []byte(c.fallback.String)
	if digits, ok := strings.CutPrefix(c.fallback.String, "0x"); ok {
		if decoded, err := hex.DecodeString(digits); err == nil {
			value = decoded
		}
	}
	for c.Kind == schema.Binary && len(value) < c.Width {
		value = append(value, 0)
	}
	return value
}

// normalDefault is the default in the form in which all versions have it.
func (t *table) normalDefault(c *column) string {
	s := t.defaultSQL(c)
	switch {
	case c.computed:
		return flat(s, ofExpressions)
	case !c.fallback.Valid || c.generated:
		return s
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
