package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"tandem/internal/schema"
)

// columnRow is a row of information_schema.COLUMNS.
type columnRow struct {
	database, table, name string
	nullable              string
	dataType              string
	columnType            string
	chars, octets         sql.NullInt64
	precision, scale      sql.NullInt64
	fraction              sql.NullInt64
	charset, collation    sql.NullString
	extra                 string
	generation            sql.NullString
}

func (l *loader) loadColumns(ctx context.Context) error {
	columns := "TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, IS_NULLABLE, DATA_TYPE, COLUMN_TYPE, " +
		"CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, " +
		"CHARACTER_SET_NAME, COLLATION_NAME, EXTRA"
	if l.has.generated {
		columns += ", GENERATION_EXPRESSION"
	}
	return l.query(ctx, columns, "COLUMNS", "TABLE_NAME, ORDINAL_POSITION", func(r *sql.Rows) error {
		var c columnRow
		to := []any{&c.database, &c.table, &c.name, &c.nullable, &c.dataType, &c.columnType,
			&c.chars, &c.octets, &c.precision, &c.scale, &c.fraction, &c.charset, &c.collation, &c.extra}
		if l.has.generated {
			to = append(to, &c.generation)
		}
		if err := r.Scan(to...); err != nil {
			return err
		}
		t := l.of(c.database, c.table)
		if t == nil {
			return nil
		}
		column, err := c.column()
		if err != nil {
			return fmt.Errorf("%s: column %s: %w", t.Name, c.name, err)
		}
		t.Columns = append(t.Columns, column)
		return nil
	})
}

// column makes the row a column of our own vocabulary. A type that it does not
// know has kind Unknown, which whoever wants to replicate the table refuses.
func (r *columnRow) column() (schema.Column, error) {
	extra := strings.ToUpper(r.extra)
	typ := strings.ToLower(r.columnType)
	c := schema.Column{
		Name:          r.name,
		Type:          r.columnType,
		Nullable:      r.nullable == "YES",
		Unsigned:      strings.Contains(afterParens(typ), "unsigned"),
		Generated:     strings.Contains(extra, "VIRTUAL GENERATED") || strings.Contains(extra, "STORED GENERATED"),
		Virtual:       strings.Contains(extra, "VIRTUAL GENERATED"),
		Invisible:     strings.Contains(extra, "INVISIBLE"),
		AutoIncrement: strings.Contains(extra, "AUTO_INCREMENT"),
		OnUpdateNow:   strings.Contains(extra, "ON UPDATE CURRENT_TIMESTAMP"),
	}
	switch strings.ToLower(r.dataType) {
	case "tinyint":
		c.Kind, c.Width = schema.Int, 1
	case "smallint":
		c.Kind, c.Width = schema.Int, 2
	case "mediumint":
		c.Kind, c.Width = schema.Int, 3
	case "int", "integer":
		c.Kind, c.Width = schema.Int, 4
	case "bigint":
		c.Kind, c.Width = schema.Int, 8
	case "decimal", "numeric":
		c.Kind, c.Width, c.Scale = schema.Decimal, int(r.precision.Int64), int(r.scale.Int64)
	case "float":
		c.Kind = schema.Float
	case "double", "real":
		c.Kind = schema.Double
	case "year":
		c.Kind = schema.Year
	case "date":
		c.Kind = schema.Date
	case "time":
		c.Kind, c.Scale = schema.Time, int(r.fraction.Int64)
	case "datetime":
		c.Kind, c.Scale = schema.DateTime, int(r.fraction.Int64)
	case "timestamp":
		c.Kind, c.Scale = schema.Timestamp, int(r.fraction.Int64)
	case "enum":
		c.Kind = schema.Enum
	case "set":
		c.Kind = schema.Set
	case "bit":
		c.Kind, c.Width = schema.Bit, int(r.precision.Int64)
	case "char":
		c.Kind, c.Width = schema.Char, int(r.chars.Int64)
	case "varchar", "tinytext", "text", "mediumtext", "longtext":
		c.Kind, c.Width = schema.Text, int(r.chars.Int64)
	case "binary":
		c.Kind, c.Width = schema.Binary, int(r.octets.Int64)
	case "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		c.Kind, c.Width = schema.Bytes, int(r.octets.Int64)
	case "json":
		c.Kind = schema.JSON
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
		"geometrycollection", "geomcollection":
		c.Kind = schema.Geometry
	case "vector":
		c.Kind, c.Width = schema.Vector, typeArgument(typ)
	}
	switch c.Kind {
	case schema.Char, schema.Text, schema.Enum, schema.Set:
		c.Charset, c.Collation = modernCharset(r.charset.String), modernCollation(r.collation.String)
	}
	if c.Kind == schema.Enum || c.Kind == schema.Set {
		members, err := parseMembers(r.columnType)
		if err != nil {
			return c, err
		}
		c.Members = members
	}
	return c, nil
}

// modernCharset and modernCollation give the character set that servers before
// 8.0.30 call utf8 the name that it has since.
func modernCharset(name string) string {
	if name == "utf8" {
		return "utf8mb3"
	}
	return name
}

func modernCollation(name string) string {
	if rest, ok := strings.CutPrefix(name, "utf8_"); ok {
		return "utf8mb3_" + rest
	}
	return name
}

// afterParens returns what follows the last closing parenthesis of a type:
// its attributes, and nothing of an ENUM's members.
func afterParens(typ string) string {
	return typ[strings.LastIndexByte(typ, ')')+1:]
}

// typeArgument returns the number in parentheses.
func typeArgument(typ string) int {
	_, rest, _ := strings.Cut(typ, "(")
	digits, _, _ := strings.Cut(rest, ")")
	n, _ := strconv.Atoi(strings.TrimSpace(digits)) // no number: no width
	return n
}

// parseMembers reads the labels of enum('a','b'). The server doubles quotes
// and escapes backslashes, NUL and line ends, whatever the sql_mode.
func parseMembers(typ string) ([]string, error) {
	open := strings.IndexByte(typ, '(')
	if open < 0 {
		return nil, fmt.Errorf("read the members of type %q: no list", typ)
	}
	var members []string
	s := typ[open+1:]
	for {
		member, rest, err := takeMember(s)
		if err != nil {
			return nil, fmt.Errorf("read the members of type %q: %w", typ, err)
		}
		members = append(members, member)
		switch {
		case strings.HasPrefix(rest, ","):
			s = rest[1:]
		case strings.HasPrefix(rest, ")"):
			return members, nil
		default:
			return nil, fmt.Errorf("read the members of type %q: want , or ) at %q", typ, rest)
		}
	}
}

func takeMember(s string) (member, rest string, err error) {
	if !strings.HasPrefix(s, "'") {
		return "", "", fmt.Errorf("want a quote at %q", s)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case c == '\'':
			return b.String(), s[i+1:], nil
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(unescape(s[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("no closing quote in %q", s)
}

func unescape(c byte) byte {
	switch c {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'Z':
		return 26
	}
	return c
}
