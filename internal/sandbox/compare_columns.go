package sandbox

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// comparedTable is a table as information_schema describes it.
type comparedTable struct {
	name    tableName
	columns []comparedColumn
	// key are the primary key's columns, in its order.
	key []string
}

type comparedColumn struct {
	name     string
	dataType string
	// shape is all that must be the same on both sides, in the spelling of the
	// newest version.
	shape string
}

// form is how the rows of one type are printed so that nothing is lost.
type form int

const (
	formUnknown form = iota
	// formPlain: the server's own text is exact, and free of tabs and newlines.
	formPlain
	// formFloat: printed as a double and turned into its bits here, because
	// versions print the same number differently.
	formFloat
	formBit
	// formLabel: ENUM and SET.
	formLabel
	// formBytes: at most 64 KiB, as hexadecimal.
	formBytes
	// formLong: hexadecimal, or length and hash if that would not fit a packet.
	formLong
	formJSON
)

func formOf(dataType string) form {
	switch dataType {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "date", "datetime", "timestamp", "time":
		return formPlain
	case "float", "double":
		return formFloat
	case "bit":
		return formBit
	case "enum", "set":
		return formLabel
	case "char", "varchar", "binary", "varbinary", "tinytext", "tinyblob", "text", "blob":
		return formBytes
	case "mediumtext", "longtext", "mediumblob", "longblob", "vector", "geometry", "point", "linestring", "polygon",
		"multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return formLong
	case "json":
		return formJSON
	default:
		return formUnknown
	}
}

// jsonTypes is a correlated subquery for the type of every value in a document,
// walked in the document's own order: JSON text does not tell a DECIMAL from a
// DOUBLE, an unsigned from a signed number, or a date from a string.
const jsonTypes = `(WITH RECURSIVE walk (path, doc) AS (
 SELECT CAST('$' AS CHAR(4096)), %[1]s
 UNION ALL
 SELECT CONCAT(walk.path, '.', child.n), child.doc FROM walk, JSON_TABLE(
  IF(JSON_TYPE(walk.doc) = 'ARRAY', walk.doc, IF(JSON_TYPE(walk.doc) = 'OBJECT', JSON_EXTRACT(walk.doc, '$.*'), JSON_ARRAY())),
  '$[*]' COLUMNS (n FOR ORDINALITY, doc JSON PATH '$')) child
) SELECT REPLACE(GROUP_CONCAT(JSON_TYPE(doc) ORDER BY path SEPARATOR ','), ' ', '_') FROM walk)`

// expression is the exact form of a column in SQL.
func (c comparedColumn) expression() string {
	name := "t." + quoteName(c.name)
	long := func(value string) string {
		// HEX of something large is NULL, with no more than a warning.
		return fmt.Sprintf("IF(LENGTH(%[1]s) <= 1048576, HEX(%[1]s), CONCAT('sha256:', LENGTH(%[1]s), ':', SHA2(%[1]s, 256)))", value)
	}
	switch formOf(c.dataType) {
	case formFloat:
		return name + " * 1e0"
	case formBit:
		return name + " + 0"
	case formLabel:
		return fmt.Sprintf("CONCAT(%[1]s + 0, ':', HEX(%[1]s))", name)
	case formBytes:
		return fmt.Sprintf("HEX(%s)", name)
	case formLong:
		return long(name)
	case formJSON:
		return fmt.Sprintf("CONCAT(%s, ':', COALESCE(%s, ''))", long(fmt.Sprintf("CAST(%s AS CHAR)", name)), fmt.Sprintf(jsonTypes, name))
	default:
		return name
	}
}

// sortable reports whether every server orders this type the same way.
func (c comparedColumn) sortable() bool {
	return formOf(c.dataType) == formPlain || formOf(c.dataType) == formBit
}

// inKeyOrder reports whether the rows can be read in the order of the primary
// key, rather than sorted as text.
func (t *comparedTable) inKeyOrder() bool {
	if len(t.key) == 0 {
		return false
	}
	for _, key := range t.key {
		for _, column := range t.columns {
			if column.name == key && !column.sortable() {
				return false
			}
		}
	}
	return true
}

const systemDatabases = "'mysql', 'information_schema', 'performance_schema', 'sys', '_tandem'"

// readTables describes the base tables of databases. Names travel as
// hexadecimal, since they may hold anything.
func readTables(ctx context.Context, s *Server, databases []string) (map[tableName]*comparedTable, error) {
	in := func(column string) string {
		if len(databases) == 0 {
			return column + " NOT IN (" + systemDatabases + ")"
		}
		quoted := make([]string, len(databases))
		for n, database := range databases {
			quoted[n] = "0x" + hex.EncodeToString([]byte(database))
		}
		return column + " IN (" + strings.Join(quoted, ", ") + ")"
	}
	tables := map[tableName]*comparedTable{}
	// Two queries in one run of the client program: the columns, then the keys.
	err := s.query(ctx, `SELECT HEX(c.TABLE_SCHEMA), HEX(c.TABLE_NAME), HEX(c.COLUMN_NAME), HEX(c.DATA_TYPE), HEX(c.COLUMN_TYPE),
		c.IS_NULLABLE, COALESCE(c.COLLATION_NAME, '-')
		FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
		WHERE t.TABLE_TYPE = 'BASE TABLE' AND `+in("c.TABLE_SCHEMA")+` ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION;
		SELECT HEX(TABLE_SCHEMA), HEX(TABLE_NAME), HEX(COLUMN_NAME), '', '', 'key', '' FROM information_schema.STATISTICS
		WHERE INDEX_NAME = 'PRIMARY' AND `+in("TABLE_SCHEMA")+` ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX`, 5, 7,
		func(f []string) {
			name := tableName{f[0], f[1]}
			if f[5] == "key" {
				if table := tables[name]; table != nil {
					table.key = append(table.key, f[2])
				}
				return
			}
			if tables[name] == nil {
				tables[name] = &comparedTable{name: name}
			}
			tables[name].columns = append(tables[name].columns, comparedColumn{name: f[2], dataType: strings.ToLower(f[3]),
				shape: shape(f[4], f[5], f[6])})
		})
	if err != nil {
		return nil, fmt.Errorf("read the columns of the %s server: %w", s.Name(), err)
	}
	return tables, nil
}

var (
	displayWidth = regexp.MustCompile(`^((?:tiny|small|medium|big)?int|year)\(\d+\)`)
	oldUTF8      = regexp.MustCompile(`\butf8(_|$)`)
)

// shape is a column's type, nullability and collation with the spelling
// differences between versions taken out. A display width means nothing but to
// ZEROFILL.
func shape(columnType, nullable, collation string) string {
	if !strings.Contains(columnType, "zerofill") {
		columnType = displayWidth.ReplaceAllString(columnType, "$1")
	}
	if columnType == "geomcollection" {
		columnType = "geometrycollection"
	}
	text := columnType
	if collation != "-" {
		text += " collate " + oldUTF8.ReplaceAllString(collation, "utf8mb3$1")
	}
	if nullable == "NO" {
		text += " not null"
	}
	return text
}

// describeColumns is the first difference between the columns of two tables, or
// a type that cannot be compared.
func describeColumns(a, b *comparedTable, nameA, nameB string) string {
	for n := range max(len(a.columns), len(b.columns)) {
		switch {
		case n >= len(a.columns):
			return fmt.Sprintf("column %s is missing on the %s server", b.columns[n].name, nameA)
		case n >= len(b.columns):
			return fmt.Sprintf("column %s is missing on the %s server", a.columns[n].name, nameB)
		}
		ca, cb := a.columns[n], b.columns[n]
		if ca.name != cb.name || ca.shape != cb.shape {
			return fmt.Sprintf("column %d is %s %s on the %s server and %s %s on the %s server",
				n+1, ca.name, ca.shape, nameA, cb.name, cb.shape, nameB)
		}
		if formOf(ca.dataType) == formUnknown {
			return fmt.Sprintf("column %s has the type %s, for which no exact comparison is known", ca.name, ca.dataType)
		}
	}
	if strings.Join(a.key, "\x00") != strings.Join(b.key, "\x00") {
		return fmt.Sprintf("the primary key is (%s) on the %s server and (%s) on the %s server",
			strings.Join(a.key, ", "), nameA, strings.Join(b.key, ", "), nameB)
	}
	return ""
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// query runs a short query through the client program. The first hexed of the
// width fields of each row are hexadecimal and are decoded.
func (s *Server) query(ctx context.Context, statement string, hexed, width int, row func([]string)) error {
	cmd, err := s.Client(ctx, append(clientFlags(), "--execute="+utf8+statement)...)
	if err != nil {
		return err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mysql client: %w: %s", err, lastLines(stderr.String(), 3))
	}
	for line := range strings.Lines(stdout.String()) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != width {
			return fmt.Errorf("%w: %q", errShortRow, line)
		}
		for n := range hexed {
			raw, err := hex.DecodeString(fields[n])
			if err != nil {
				return fmt.Errorf("%w: %q", errShortRow, line)
			}
			fields[n] = string(raw)
		}
		row(fields)
	}
	return nil
}

func clientFlags() []string {
	return []string{"--batch", "--raw", "--quick", "--skip-column-names", "--max-allowed-packet=1G", "--default-character-set=utf8mb4"}
}

// utf8 sets the session's character set in a way that every server knows: the
// client's own request names a collation that MySQL 5.6 does not have, which
// makes that take latin1.
const utf8 = "SET NAMES utf8mb4; "
