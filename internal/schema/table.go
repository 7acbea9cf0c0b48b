package schema

import "strings"

// Name is a table's full name, spelled as its server spells it.
type Name struct {
	Schema string
	Table  string
}

// String returns schema.table, without quotes.
func (n Name) String() string { return n.Schema + "." + n.Table }

// Quoted returns the name as SQL, each part between back-ticks.
func (n Name) Quoted() string { return Quote(n.Schema) + "." + Quote(n.Table) }

// Quote returns one identifier between back-ticks.
func Quote(identifier string) string {
	return "`" + strings.ReplaceAll(identifier, "`", "``") + "`"
}

// Table is one version of a table's definition. It is never changed once it is
// in use: a DDL statement makes a new Table, so that rows that were read
// against the old one keep their meaning.
type Table struct {
	Name
	// Engine is the storage engine, as information_schema spells it (InnoDB).
	Engine  string
	Columns []Column
	// Keys holds every index, the primary key first if there is one.
	Keys        []Key
	ForeignKeys []ForeignKey
	// Fingerprint is a digest of what matters to a reader and a writer of rows:
	// equal fingerprints mean that a row of the one fits the other.
	Fingerprint string
}

// Column is one column. Its index in Table.Columns is its place in a row image
// (virtual generated and invisible columns are in the image, too).
type Column struct {
	Name string
	Kind Kind
	// Type is the server's own text for the type (COLUMN_TYPE).
	Type     string
	Unsigned bool
	Nullable bool
	// Generated columns are in row images, but can not be written.
	Generated bool
	// Virtual is set for a generated column that is not stored.
	Virtual   bool
	Invisible bool
	// AutoIncrement is set for the one column that has the attribute.
	AutoIncrement bool
	// OnUpdateNow is set for a column with ON UPDATE CURRENT_TIMESTAMP: a writer
	// must always name it, or the server fills it in.
	OnUpdateNow bool
	// Width is in bytes for Int (1, 2, 3, 4, 8), Binary and Bytes, in bits for
	// Bit, in characters for Char and Text, in dimensions for Vector.
	Width int
	// Scale is the number of fractional digits of Decimal, Time, DateTime and
	// Timestamp.
	Scale int
	// Charset and Collation are set for Char, Text, Enum and Set.
	Charset   string
	Collation string
	// Members are the labels of Enum and Set, in order.
	Members []string
}

// AppendName appends the column's name between back-ticks.
func (c *Column) AppendName(dst []byte) []byte {
	dst = append(dst, '`')
	for i := range len(c.Name) {
		if c.Name[i] == '`' {
			dst = append(dst, '`')
		}
		dst = append(dst, c.Name[i])
	}
	return append(dst, '`')
}

// Key is one index.
type Key struct {
	Name    string
	Primary bool
	Unique  bool
	Parts   []KeyPart
}

// KeyPart is one part of an index.
type KeyPart struct {
	// Column is an index into Table.Columns, or -1 for an expression.
	Column int
	// Prefix is the number of characters (bytes for binary types) that are
	// indexed, 0 for the whole value.
	Prefix     int
	Descending bool
	// Expression is the SQL text of a functional part.
	Expression string
}

// ForeignKey is one foreign key, seen from the child.
type ForeignKey struct {
	Name       string
	Columns    []int
	Parent     Name
	ParentCols []string
	// OnDelete and OnUpdate are as information_schema has them: CASCADE,
	// SET NULL, NO ACTION, RESTRICT, SET DEFAULT.
	OnDelete string
	OnUpdate string
}

// Cascades tells whether a change of the parent can change rows of the child.
func (f *ForeignKey) Cascades() bool {
	return changesChild(f.OnDelete) || changesChild(f.OnUpdate)
}

func changesChild(action string) bool {
	return action == "CASCADE" || action == "SET NULL" || action == "SET DEFAULT"
}

// RowKey returns the key that identifies a row: the primary key, or else the
// first unique key whose parts are whole columns that are never NULL. It is
// nil for a table that has no such key.
func (t *Table) RowKey() *Key {
	for i := range t.Keys {
		if k := &t.Keys[i]; k.Primary {
			return k
		}
	}
	for i := range t.Keys {
		if k := &t.Keys[i]; k.Unique && k.identifies(t) {
			return k
		}
	}
	return nil
}

func (k *Key) identifies(t *Table) bool {
	for _, p := range k.Parts {
		if p.Column < 0 || p.Prefix > 0 || t.Columns[p.Column].Nullable {
			return false
		}
	}
	return true
}

// Column returns the index of the column of that name, whatever its case, or -1.
func (t *Table) Column(name string) int {
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, name) {
			return i
		}
	}
	return -1
}
