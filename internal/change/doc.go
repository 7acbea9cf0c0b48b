// Package change is the vocabulary for what happens on a server: positions
// (GTID sets), transactions, and the row changes and statements in them.
//
// It imports the standard library and internal/schema only, so that everything
// that reads, moves or compares changes can speak it without knowing where
// they came from.
package change
