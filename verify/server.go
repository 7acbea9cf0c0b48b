package verify

import (
	"context"
	"fmt"
	"strings"

	"tandem/internal/chunk"
	"tandem/internal/scan"
	"tandem/internal/schema"
)

// inlineBytes is how long a text may be that goes into a row's hash as it is. A
// longer one goes in as a hash of its own: CONCAT has a limit, and says NULL
// above it.
const inlineBytes = 1024

// rowHash is the expression that hashes a row on the server: 64 bits of SHA-256
// (MD5 and SHA1 are gone from newer servers) over all values. What a value
// begins with tells where it ends: numbers and dates end with a semicolon, text
// has its length before it, long text is 64 hexadecimal digits behind an S. NULL
// is N. plain are the conditions under which a JSON column's types say nothing that
// its text does not.
func (t *table) rowHash(plain []string) string {
	var parts []string
	for i := range t.list.Columns {
		parts = append(parts, hashed(t.list.Column(i)))
	}
	for n, i := range t.list.JSON {
		if t.list.AskTypes {
			continue
		}
		types := "IFNULL(CONCAT('S',SHA2(" + string(scan.AppendTypes(nil, schema.Quote(t.list.Column(i).Name))) + ",256)),'N')"
		if n < len(plain) && plain[n] != "" {
			types = "IF(" + plain[n] + ",'N'," + types + ")"
		}
		parts = append(parts, types)
	}
	if len(parts) == 0 {
		parts = []string{"'1'"}
	}
	return "CAST(CONV(LEFT(SHA2(CONCAT(" + strings.Join(parts, ",") + "),256),16),16,10) AS UNSIGNED)"
}

func hashed(c *schema.Column) string {
	name := schema.Quote(c.Name)
	switch c.Kind {
	case schema.JSON:
		return "IFNULL(CONCAT('S',SHA2(CAST(" + name + " AS CHAR CHARACTER SET utf8mb4),256)),'N')"
	case schema.Geometry, schema.Vector:
		return "IFNULL(CONCAT('S',SHA2(HEX(" + name + "),256)),'N')"
	case schema.Char, schema.Binary, schema.Text, schema.Bytes:
		inline := fmt.Sprintf("CONCAT(LENGTH(%[1]s),':',CAST(%[1]s AS BINARY))", name)
		if !short(c) {
			inline = fmt.Sprintf("IF(LENGTH(%[1]s)>%[2]d,CONCAT('S',SHA2(CAST(%[1]s AS BINARY),256)),%[3]s)", name, inlineBytes, inline)
		}
		return "IFNULL(" + inline + ",'N')"
	}
	return "IFNULL(CONCAT(" + string(schema.AppendSelect(nil, c)) + ",';'),'N')"
}

// short tells whether a column never holds more than goes in as it is.
func short(c *schema.Column) bool {
	bytesPer := 1
	if c.Charset != "" {
		bytesPer = 4
	}
	return c.Width > 0 && c.Width*bytesPer <= inlineBytes && !strings.Contains(c.Type, "text") && !strings.Contains(c.Type, "blob")
}

// served lets the server digest a range.
func (t *table) served(ctx context.Context, s *side, i int, r chunk.Range, a *asking) (digest, error) {
	sql := append([]byte("SELECT COUNT(*),IFNULL(SUM("), a.hash...)
	sql = append(sql, "),0)"...)
	row, err := s.one(ctx, t.appendFrom(sql, i, r))
	if err != nil {
		return digest{}, err
	}
	if len(row) != 2 {
		return digest{}, fmt.Errorf("digest of %s has %d values", t.name, len(row))
	}
	d := digest{text: string(row[1])}
	if _, err := fmt.Sscan(string(row[0]), &d.rows); err != nil {
		return digest{}, fmt.Errorf("digest of %s: %w", t.name, err)
	}
	d.bytes = d.rows * t.rowBytes
	return d, nil
}
