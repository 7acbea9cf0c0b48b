// Package applier writes source transactions to the other side, each exactly
// once.
//
// # Exactly once
//
// The first statement of every target transaction updates the link's row in
// _tandem.checkpoint: the position (a GTID set) that will be reached when the
// transaction commits. Rows and position stand or fall together, so after any
// crash the stream goes on at exactly the next transaction. The same statement
// carries the epoch, which grows each time that a replicator takes over: the
// update of a replicator that was replaced meets no row, and its transaction
// is rolled back ([ErrFenced]). And it marks the transaction as tandem's own,
// which the opposite link skips.
//
// # Nothing diverges silently
//
// Each change must meet exactly the row that its before-image names. One that
// does not is a conflict: the transaction is rolled back, what was expected and
// what was found is written to _tandem.conflict, and the link stops (policy
// stop) or goes on without the change (policy record).
//
// While a table is being copied its rows may be there or not; [Admission] says
// for each change whether it is applied as it stands, forgivingly, or left out
// as a later SELECT will bring it.
//
// # Statements
//
// A DDL statement commits by itself on MySQL, so it can not share a
// transaction with the position. An intent with the fingerprints of the tables
// it touches is written first; after a crash in between, the fingerprints tell
// whether it was applied.
package applier
