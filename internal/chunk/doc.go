// Package chunk divides the rows of a table into ranges of its row key.
//
// A [Space] is the key space of one table; a [Key] is a point in it (canonical
// values of the key's columns), a [Range] the keys from one point up to, not
// including, another:
//
//	-inf ──── range ────┐ 120 ──── range ────┐ 4000 ──── range ──── +inf
//	          [lower, upper)
//
// The server cuts: where a range ends is asked with ORDER BY key LIMIT 1
// OFFSET n, and which rows are in it is decided by a WHERE clause, so that
// ranges are exact for every type, collation and direction of an index. Whether
// one key, seen in the binlog, lies in a range can be decided here too, but only
// for types whose order is known without a collation: [Space.Contains] says
// Unsure for the others.
package chunk
