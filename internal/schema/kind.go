package schema

// Kind is the family of a column's type: types of one kind are read, carried
// and written in the same way.
type Kind uint8

// The kinds. See the package comment for the canonical value of each.
const (
	Unknown Kind = iota
	Int
	Decimal
	Float
	Double
	Year
	Date
	Time
	DateTime
	Timestamp
	Enum
	Set
	Bit
	Char
	Text
	Binary
	Bytes
	JSON
	Geometry
	Vector
)

var kindNames = [...]string{
	"unknown", "int", "decimal", "float", "double", "year", "date", "time", "datetime", "timestamp",
	"enum", "set", "bit", "char", "text", "binary", "bytes", "json", "geometry", "vector",
}

// String returns the kind's name in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Ordered tells whether two canonical values of this kind, neither of them
// NULL, can be put in the server's order by [Compare], without knowing
// anything about collations.
func (k Kind) Ordered() bool {
	switch k {
	case Int, Year, Date, DateTime, Timestamp, Enum, Set, Bit, Bytes, Binary:
		return true
	}
	return false
}
