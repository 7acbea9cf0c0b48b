// Package binlog reads transactions out of a server's binary log.
//
//	server ──events──▶ receiver ──▶ queue (memory, then disk) ──▶ Next
//	                   goroutine                                  caller's goroutine
//
// The receiver only moves bytes: it puts raw events into a queue that is bounded
// in memory and goes to disk beyond, so that a slow applier never keeps the
// server's dump thread waiting. [Reader.Next] takes events off the queue, checks
// their checksums (so the disk is checked, too) and decodes them, one transaction
// a call. Nothing is copied on the way: strings and blobs of a row are slices of
// the memory that the socket was read into, which is counted (slab) and used
// again when the transaction is released. Decoding is
// lazy for a reason: rows can be understood only with the table's definition
// at that point of the log, so a DDL statement that Next has handed out must
// have been applied before anything behind it is decoded.
//
// # Transactions
//
// Every GTID comes out as a [change.Transaction], also those that hold nothing
// of interest: their GTIDs belong to the position, too. A GTID is handed out
// with Last set only when its transaction has ended.
//
//	         GTID
//	idle ───────────▶ open ──BEGIN──▶ in transaction ──XID, COMMIT──▶ idle
//	 ▲                 │                  │   ▲
//	 │   DDL statement │            rows, table maps
//	 └─────────────────┘
//
// A transaction larger than [Config.PartBytes] comes in parts (First, Last),
// all with the same GTID. CREATE TABLE … SELECT comes as a first part that
// holds the Statement alone, followed by a part or parts that hold its rows.
// A transaction with a zero GTID is a mark: nothing happened, but the stream
// has moved to its End (a heartbeat, the next file).
//
// # Default deny
//
// What can not be applied exactly is not skipped but ends the stream with a
// [RefusedError] or [MismatchError] that names GTID and table: statements in
// place of rows, partial row images, prepared XA transactions, unknown events,
// tables that do not fit the definition. Writes to tables that are not
// replicated are left out before their rows are looked at, and counted.
//
// A lost connection is not retried here: Next ends with a [LostError] and
// whoever owns the checkpoint opens a new Reader from it.
package binlog
