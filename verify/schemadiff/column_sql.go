package schemadiff

import (
	"fmt"
	"regexp"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// displayWidth matches the types of which servers before 8.0.19 say how many
// digits a client may show.
var displayWidth = regexp.MustCompile(`^(tinyint|smallint|mediumint|int|bigint|year)\(\d+\)`)

// typeSQL is the column's type, written alike for all versions.
func (c *column) typeSQL() string {
	switch c.Kind {
	case schema.Enum, schema.Set:
		// Not as the server prints it: that has ? for what it can not print.
		word, _, _ := strings.Cut(strings.ToLower(c.Type), "(")
		labels := make([]string, len(c.Members))
		for i, m := range c.Members {
			labels[i] = sqltoken.Quote(m)
		}
		return word + "(" + strings.Join(labels, ",") + ")"
	case schema.Geometry:
		return strings.Replace(strings.ToLower(c.Type), "geomcollection", "geometrycollection", 1)
	}
	typ := strings.ToLower(c.Type)
	if strings.Contains(typ, "zerofill") || typ == "tinyint(1)" {
		return typ
	}
	return displayWidth.ReplaceAllString(typ, "$1")
}

// definition is what CREATE TABLE and ALTER TABLE take for the column.
func (p *pair) definition(t *table, c *column) string {
	var b strings.Builder
	b.WriteString(schema.Quote(c.Name) + " " + c.typeSQL())
	if c.Charset != "" {
		b.WriteString(p.charsetClause(c.Charset, c.Collation))
	}
	if c.Column.Generated {
		storage := "STORED"
		if c.Virtual {
			storage = "VIRTUAL"
		}
		b.WriteString(" GENERATED ALWAYS AS (" + t.shown.generated[c.Name] + ") " + storage)
	}
	if c.Nullable {
		b.WriteString(" NULL")
	} else {
		b.WriteString(" NOT NULL")
	}
	if c.srid.Valid {
		fmt.Fprintf(&b, " SRID %d", c.srid.Int64)
	}
	if d := t.defaultSQL(c); d != "" {
		b.WriteString(" DEFAULT " + d)
	}
	if c.onUpdate != "" {
		b.WriteString(" ON UPDATE " + c.onUpdate)
	}
	if c.AutoIncrement {
		b.WriteString(" AUTO_INCREMENT")
	}
	if c.Invisible {
		b.WriteString(" INVISIBLE")
	}
	if c.comment != "" {
		b.WriteString(" COMMENT " + sqltoken.Quote(c.comment))
	}
	return b.String()
}

// permissive goes before statements whose definitions hold dates that a strict
// session refuses.
func permissive(statements ...string) []string {
	for _, s := range statements {
		if strings.Contains(s, "-00") {
			return append([]string{"SET SESSION sql_mode='" + mysqldb.PermissiveMode + "'"}, statements...)
		}
	}
	return statements
}
